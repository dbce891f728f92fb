const words = (list: string) => new Set(list.trim().split(/\s+/));

/** Words that follow a greeting, a closing or "I am" and begin no name: they end one, or show that there is none. */
export const NO_NAME = words(`
i we you he she it they me us him her them my our your his their this that these those the a an and or but if so as at
by for from in into of on to with about after before is am are was were be been being has have had do does did done can
could will would shall should may might must not no yes yeah yep nope please thanks thank thx sorry hope hoping help
what when where which who whom whose why how there here again all everyone everybody anyone anybody somebody someone
folks guys guy people friend friends fellow fellows ladies gentlemen sir sirs madam madame ma'am mam mum mom dad man mate
dear dearest valued beloved esteemed respected new old good great nice happy just still also very really too now today
tomorrow yesterday tonight morning afternoon evening night day week month year monday tuesday wednesday thursday friday
saturday sunday january february march april june july august september october november december first last next any
some every each other another both one two three best kind regards warm wishes sincerely yours faithfully truly cheers
love care god lord goodness hello hi hey greetings welcome ok okay well oh ah hmm wow yet once since because while until
though unless than then let get got need want like know see look try trying tried waiting wondering writing calling
contact contacting regarding re ref reference subject urgent asap order orders refund delivery parcel package invoice
payment card account number product item ticket case question problem issue request subscription password email e-mail
phone address date name names info information details attached yes: sent via using not: correct incorrect wrong spelled
misspelled misspelt written listed shown printed missing different changed registered mentioned above below unknown test
world robot bot chatbot ai assistant advance much again: lot lots tons million bunch everything anything nothing
something reading understanding contacting: reply replies asking answering patience prompt quick checking forward

ich du er sie es wir ihr ihnen euch mir mich dich dir uns mein meine meinen meinem meiner dein deine unser unsere der die
das dem den des ein eine einen einem einer und oder aber wenn weil dass da wie was wer wo wann warum wieso welche welcher
welches ist bin sind war waren habe hat haben hatte wird werde werden wurde kann können könnte könnten möchte würde soll
muss bitte danke vielen dank gruß gruss grüße grüsse grüßen grüssen liebe lieber viele beste besten herzliche herzlichen
herzlich freundliche freundlichen schöne schönen guten guter morgen tag abend hallo nochmal nochmals wieder zusammen alle
leute kollege kollegen kollegin kolleginnen kunde kunden kundin kundinnen damen herren dame herr herrn frau familie
freund freunde freundin nicht kein keine nein ja auch noch nur schon sehr mit von vom für zu zum zur im in am an auf aus
bei nach seit über unter vor um bis hier dort jetzt heute gestern montag dienstag mittwoch donnerstag freitag samstag
sonntag januar februar märz mai juni juli oktober dezember bestellung lieferung rechnung paket frage problem konto karte
nummer voraus vorab schön gern gerne leider ihre ihrer ihrem ihren euer eure schreibe weiß falsch richtig student
studentin rentner rentnerin mieter mieterin besitzer inhaber

je tu il elle nous vous ils elles mon ma mes ton ta tes son sa ses notre votre nos vos leur leurs le la les l un une des
du de et ou mais si que qui quoi quand où pourquoi comment est suis sont était ai as avez avons ont peux pouvez pourriez
voudrais veuillez merci d'avance beaucoup bonjour bonsoir salut madame monsieur mesdames messieurs mademoiselle client
cliente clients équipe tous toutes tout tout le monde ami amis amie pas ne non oui plus très bien encore ici avec sans
pour par sur dans en au aux ce cette ces commande livraison facture colis question problème compte carte numéro
janvier février mars avril juin juillet août septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi
samedi dimanche toujours désolé désolée cordialement salutations sincères meilleures respectueuses distinguées

yo tú él ella nosotros ustedes usted vosotros mi mis tu tus su sus nuestro nuestra el los las lo un una unos unas y o pero
si que quien cuando donde dónde cómo qué por para con sin de del al en es soy está estoy son era fue tengo tiene he ha han
hay puedo puede pueden podría quiero quería quisiera necesito gracias muchas mucho hola buenos buenas días tardes noches
señor señora señores señorita señoras don doña estimado estimada estimados estimadas querido querida cliente clientes
equipo todos todas amigo amigos amiga no sí muy bien más ya aquí ahora hoy ayer también pedido envío factura paquete
pregunta problema cuenta tarjeta número antemano saludo saludos cordial cordiales atentamente enero febrero marzo abril
mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes miércoles jueves viernes sábado domingo

io lui lei noi voi loro mio mia miei mie tuo tua suo sua nostro nostra vostro vostra il lo gli i le la un uno una e o ma se
che chi quando dove come perché cosa di del della a al alla da dal in nel con su per è sono ho ha hanno era posso può
potete potrei vorrei grazie mille tante molte anticipo anticipatamente ciao salve buongiorno buonasera buona buon giorno
sera giornata signor signora signori signore gentile gentili gentilissimo gentilissima egregio egregi spett.le spettabile
caro cara cari care cliente clienti squadra tutti tutte amico amici amica non sì molto bene più già qui ora oggi ieri
anche ancora ordine consegna fattura pacco domanda problema conto carta numero saluti saluto cordiali distinti cordialmente
gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre lunedì martedì mercoledì giovedì venerdì
sabato domenica

ik u wij mijn uw het een en niet graag bedankt klant team beste geachte heer mevrouw hoi eu você meu minha o os as um uma
obrigado obrigada senhor senhora olá oi
`);

/** Words of a company, an office or a role: where one stands, the whole is no person's name. */
export const ORGANISATION = words(`
team teams support service services customer customers client clients care helpdesk desk department dept office agency
company companies inc ltd llc llp plc corp corporation co group holding gmbh ag kg ohg ug mbh e.v se sa sarl sas srl spa
s.p.a s.r.l s.l sl bv nv oy ab bank hotel shop store restaurant school university college hospital clinic center centre
council government ministry authority commission association society foundation committee board staff crew management
manager director agent representative rep advisor adviser operator officer admin administrator administration moderator
webmaster editor editors seller sellers buyer vendor supplier landlord tenant tenants member members subscriber user users
passenger traveller traveler guest guests patient patients parent parents student students teacher teachers colleague
colleagues employee employees employer employers applicant applicants candidate recruiter hiring resources human sales
billing accounts accounting accounts logistics shipping warehouse returns complaints feedback marketing technical tech
experience success relations community forum network systems solutions software online website web app the kundenservice
kundendienst kundenbetreuung kundensupport abteilung firma verein amt behörde mitarbeiter mitarbeiterin redaktion
vertrieb buchhaltung geschäftsführung geschäftsführer équipe service clientèle société entreprise responsable direction
rédaction soporte atención equipo empresa servicio departamento dirección responsable gerente assistenza servizio clienti
azienda ditta ufficio direzione responsabile staff premium plus pro member vip
amazon paypal google apple microsoft netflix uber airbnb ebay facebook instagram whatsapp twitter tiktok youtube spotify
dhl fedex ups usps hermes dpd gls vodafone telekom verizon samsung sony ikea zalando revolut visa mastercard amex siri
alexa chatgpt openai linkedin windows android iphone
`);

/** Names that are words of their own, or months: alone they name somebody only inside a sentence, with a capital. */
export const ALSO_A_WORD = words(`
will mark rose grace hope faith joy summer art bill bob frank jack chase penny dawn drew grant miles guy young king brown
black white green grey gray long short price cook baker page park parks rich rob sue pat dean lily violet ruby amber iris
ivy olive pearl robin jean max major sunny angel christian german earl duke prince bishop pope knight abbot hunter fisher
carter mason cooper turner taylor smith potter walker porter butler gardener farmer fox wolf lamb bird wood woods stone
rivers brooks field fields hill lake banks bush cross church bell hall house lane street west north day knight sharp swift
small little good best wise love gay bond case chance cash gift forest sky star storm sage heather ginger daisy basil
herb ray rusty sandy skip stew trip tank bud buddy cliff dale glen heath reed rod rush ward wade victor chip dick john
jimmy randy peg gene mercy charity patience trinity destiny harmony melody carol noel paris london florence sydney austin
chelsea dallas houston jordan israel india china america virginia georgia carolina dakota savannah brooklyn madison
chance blaze ace rocky colt remy sol luz mar paz pilar dolores rosario consuelo mercedes soledad cruz rey reyes luna
estrella blanca blanco rubio delgado moreno calvo bravo leal iglesias torres montes flores ramos campos ríos fuentes
prado castillo guerra marina vera alba aurora gloria vittoria stella bianca chiara viola rosa rossi bianchi neri verdi
bruno leone fiore conti costa serra monti valle olivier pierre claire blanche colette petit grand leblanc lenoir roux
roy martin marchand boulanger berger moulin fontaine dupont
`);

/** Months, and German nouns: German writes these with a capital anyhow, so alone they never show a name. */
export const NEVER_ALONE = words(`
may april june august january march mai mayo maggio abril avril aprile
koch bauer becker bäcker schneider müller schmidt fischer weber meister richter könig kaiser herzog graf wolf fuchs hahn
vogel berg stein wald bach feld busch baum sommer winter herbst frühling sonntag freitag jung alt lang kurz groß klein
schwarz weiß braun roth engel kraft hoffmann zimmermann schäfer schulz krüger jäger kaufmann brandt kunde ernst
sander horn kern kuhn schuster glaser maurer pfeiffer pfeffer seifert vogt voigt walter otto
`);

/** What stands between the parts of a name, in lower case. */
export const PARTICLES =
  "von|van|de|der|den|del|della|dela|di|da|do|dos|das|du|des|la|le|el|al|bin|ibn|ben|zu|zum|zur|ter|ten|y|e|und|van der|mc|mac|san|st";

/** What may follow a name in a greeting that no mark ends: "Hi Anna thanks for …". */
export const AFTER_GREETING = words(`
i i'm i've i'd we we've you your my our this these thanks thank thx just please can could would will hope hoping sorry how
what when where why it's its the there is: in do did does any as if and & or for with here from
ich wir mein meine danke vielen bitte kann können könnten wie was wann warum wo ist: hier leider und ihre
je j'ai j'aimerais nous mon ma mes merci pouvez pourriez est-ce comment pourquoi suite et votre
yo mi mis me tengo quería quisiera quiero gracias puede podría cómo cuándo y he no
ho il la vorrei grazie posso può potete come quando perché e mi non
`);
