/**
 * How people write personal data into a message. `{}` is the value; a phrase that begins with "^" stands at the start
 * of the text, one that begins with "$" at its end, any other between two sentences. After a "?" comes what a finder
 * can hardly know: it is counted apart.
 */
export type Planting =
  | "email"
  | "iban"
  | "card"
  | "ip"
  | "phone"
  | "id"
  | "birth_date"
  | "secret"
  | "password"
  | "address"
  | "name";
export type Language = "en" | "de" | "fr" | "es" | "it";

export const PHRASES: Readonly<Record<Planting, Readonly<Record<Language, readonly string[]>>>> = {
  email: {
    en: ["You can reach me at {}.", "My account is under {}", "please reply to {} instead", "(email: {})"],
    de: ["Meine Adresse ist {}.", "Bitte an {} schicken", "Ich bin unter {} angemeldet, glaube ich."],
    fr: ["Mon adresse est {}.", "écrivez-moi à {} svp", "Le compte est au nom de {}."],
    es: ["Mi correo es {}.", "escríbanme a {} por favor", "La cuenta está con {}, creo."],
    it: ["La mia mail è {}.", "scrivetemi a {} grazie", "Il conto è registrato con {}."],
  },
  iban: {
    en: ["Please pay it to {}.", "my IBAN is {}", "Refund to account {}, thanks."],
    de: ["Bitte auf {} überweisen.", "IBAN: {}", "Das Konto ist {}, danke."],
    fr: ["Mon IBAN : {}", "Le virement doit aller sur {}.", "compte {} s'il vous plaît"],
    es: ["Mi IBAN es {}.", "Hagan el ingreso en {}", "la cuenta {} por favor"],
    it: ["Il mio IBAN è {}.", "bonifico su {} per favore", "Il conto: {}"],
  },
  card: {
    en: ["I paid with {}.", "card number {} exp 09/29", "Charged twice on {}!"],
    de: ["Ich habe mit {} bezahlt.", "Kartennummer {}", "Die Karte {} wurde belastet."],
    fr: ["J'ai payé avec {}.", "carte n° {}", "La carte {} a été débitée deux fois."],
    es: ["Pagué con {}.", "tarjeta {}", "Me cobraron en la {} dos veces."],
    it: ["Ho pagato con {}.", "carta {}", "La carta {} è stata addebitata."],
  },
  ip: {
    en: ["The log shows a login from {}.", "my ip is {}", "Blocked: {}, why?"],
    de: ["Ich komme von {} nicht rein.", "IP {} gesperrt"],
    fr: ["Mon adresse IP est {}.", "connexion depuis {} refusée"],
    es: ["Mi IP es {}.", "acceso desde {} bloqueado"],
    it: ["Il mio IP è {}.", "accesso da {} rifiutato"],
  },
  phone: {
    en: ["Call me on {}.", "My cell: {}", "you can ring {} after six", "Phone {}."],
    de: ["Rufen Sie mich unter {} an.", "Tel. {}", "Meine Nummer ist {}."],
    fr: ["Appelez-moi au {}.", "Tél : {}", "Mon numéro est le {}."],
    es: ["Llámenme al {}.", "Tel.: {}", "Mi número es {}."],
    it: ["Chiamatemi al {}.", "cell. {}", "Il mio numero è {}."],
  },
  id: {
    en: ["My ID is {}.", "national id number: {}", "They asked for {} and I sent it."],
    de: ["Meine Nummer lautet {}.", "Ausweis/ID {}", "Ich habe {} angegeben."],
    fr: ["Mon numéro est {}.", "n° {}", "J'ai donné {} au guichet."],
    es: ["Mi documento es {}.", "nº {}", "Puse {} en el formulario."],
    it: ["Il mio codice è {}.", "cod. {}", "Ho indicato {} nel modulo."],
  },
  birth_date: {
    en: ["My date of birth is {}.", "DOB: {}", "I was born on {}.", "d.o.b. {}", "? I turn forty on {}."],
    de: ["Ich bin am {} geboren.", "Geburtsdatum: {}", "geb. {}", "Geboren wurde ich am {}."],
    fr: ["Je suis née le {}.", "Date de naissance : {}", "né(e) le {}", "Je suis né à Lyon le {}."],
    es: ["Nací el {}.", "Fecha de nacimiento: {}", "nacido el {}", "nacida en Sevilla el {}"],
    it: ["Sono nato il {}.", "Data di nascita: {}", "nata a Torino il {}", "Sono nata il {}."],
  },
  secret: {
    en: ["It says {} is invalid.", "key: {}", "I use {} in the header.", "Here it is: {}"],
    de: ["Der Schlüssel {} geht nicht.", "Ich sende {} mit."],
    fr: ["La clé {} ne marche pas.", "J'envoie {} dans la requête."],
    es: ["La clave {} no funciona.", "Uso {} en la cabecera."],
    it: ["La chiave {} non va.", "Mando {} nella richiesta."],
  },
  password: {
    en: ["My password is {}", "password: {}", "pw {} doesn't work", "I changed the password to {}.", "passcode = {}"],
    de: ["Mein Passwort ist {}", "Passwort: {}", "Das Kennwort lautet {}."],
    fr: ["Mon mot de passe est {}", "mdp : {}", "le mot de passe, c'est {}"],
    es: ["Mi contraseña es {}", "contraseña: {}", "La clave es {}."],
    it: ["La mia password è {}", "password: {}", "la password sarebbe {}"],
  },
  address: {
    en: ["I live at {}.", "Please send it to {}.", "Address: {}", "My new address is {}, since May."],
    de: ["Ich wohne in der {}.", "Lieferadresse: {}", "Bitte an {} senden.", "neue Anschrift {}"],
    fr: ["J'habite au {}.", "Adresse : {}", "Livrez au {}, merci.", "nouvelle adresse {}"],
    es: ["Vivo en {}.", "Dirección: {}", "Envíenlo a {}, gracias.", "mi nueva dirección es {}"],
    it: ["Abito in {}.", "Indirizzo: {}", "Spedite a {}, grazie.", "il nuovo indirizzo è {}"],
  },
  name: {
    en: [
      "^Hi {},\n\n",
      "^Dear {},\n",
      "^Hello {}! ",
      "^hey {} - ",
      "^Good morning {}, ",
      "^Dear Mr. {},\n",
      "^Hi {} thanks for coming back to me. ",
      "My name is {}.",
      "my name's {} and I ordered last week",
      "This is {} speaking.",
      "I'm {} from Leeds.",
      "Name: {}",
      "I talked to Mrs {} yesterday.",
      "My wife {} has the same problem.",
      "$Best,\n{}",
      "$Kind regards,\n\n{}",
      "$Thanks, {}",
      "$Cheers\n{}",
      "$Sincerely, {}\nCustomer",
      "$- {}",
      "? {} told me to write to you.",
      "? I spoke with {} on Monday.",
      "?$\n\n{}",
    ],
    de: [
      "^Hallo {},\n\n",
      "^Sehr geehrte Frau {},\n",
      "^Sehr geehrter Herr {},\n",
      "^Liebe {},\n",
      "^Guten Tag {}, ",
      "^Moin {}! ",
      "Mein Name ist {}.",
      "Ich heiße {} und habe eine Frage.",
      "Hier ist {}.",
      "Ich hatte mit Herrn {} telefoniert.",
      "Name: {}",
      "$Mit freundlichen Grüßen\n{}",
      "$Viele Grüße, {}",
      "$LG {}",
      "$MfG\n{}",
      "$Danke und Gruß\n{}",
      "? Das sagte mir {} am Telefon.",
    ],
    fr: [
      "^Bonjour {},\n\n",
      "^Cher Monsieur {},\n",
      "^Chère {},\n",
      "^Bonsoir Mme {}, ",
      "^Salut {} ! ",
      "Je m'appelle {}.",
      "Mon nom est {}.",
      "je suis {} et j'ai commandé hier",
      "Nom : {}",
      "J'ai parlé à M. {} hier.",
      "$Cordialement,\n{}",
      "$Bien à vous,\n{}",
      "$Merci d'avance, {}",
      "$Salutations distinguées\n\n{}",
      "? C'est {} qui me l'a dit.",
    ],
    es: [
      "^Hola {},\n\n",
      "^Estimada {}:\n",
      "^Estimado Sr. {}:\n",
      "^Buenos días, {}. ",
      "^Buenas tardes {}, ",
      "Me llamo {}.",
      "Mi nombre es {}.",
      "Soy {}, clienta desde hace años.",
      "Nombre: {}",
      "Hablé con la señora {} ayer.",
      "$Un saludo,\n{}",
      "$Atentamente,\n{}",
      "$Gracias, {}",
      "$Saludos cordiales\n{}",
      "? Me lo dijo {} por teléfono.",
    ],
    it: [
      "^Ciao {},\n\n",
      "^Gentile Sig.ra {},\n",
      "^Gentile {},\n",
      "^Buongiorno {}, ",
      "^Cara {},\n",
      "Mi chiamo {}.",
      "Il mio nome è {}.",
      "Sono {}, ho ordinato ieri.",
      "Nome: {}",
      "Ho parlato con il signor {} ieri.",
      "$Cordiali saluti,\n{}",
      "$Distinti saluti\n{}",
      "$Grazie mille, {}",
      "$A presto,\n{}",
      "? Me lo ha detto {} al telefono.",
    ],
  },
};
