const list = (...lines: string[]) => lines.join("|");

const GREETINGS = list(
  "hi|hello|hey|hiya|dear|good (?:morning|afternoon|evening|day)|greetings|morning|howdy",
  "hallo|liebe[rs]?|sehr geehrte[rs]?|werte[rs]?|guten (?:tag|morgen|abend)|moin(?: moin)?|servus|grüezi|grüß (?:gott|dich)",
  "bonjour|bonsoir|salut|coucou|ch(?:er|ère)s?",
  "hola|buen[oa]s?(?: (?:días|dias|tardes|noches))|buenas|estimad[oa]|querid[oa]|apreciad[oa]",
  "ciao|salve|buongiorno|buon giorno|buonasera|buona sera|gentil(?:e|issim[oa])|car[oa]|egregi[oa]",
  "olá|oi|prezad[oa]|car[oa]|hoi|beste|geachte|hej|cześć",
);
// Behind these a name follows at once, wherever they stand; "Dr" alone may be a Drive.
const TITLES = list(
  "Mr|Mrs|Ms|Mx|Miss|Herrn?|Frau|Fräulein|Mme|Mlle|Monsieur|Madame|Mademoiselle",
  "Sra?|Srta|(?:S|s)eñor(?:a|ita)?|Don|Doña|(?:S|s)ignor(?:a|ina|e)?|Sig\\.ra|Sig|Dott(?:\\.ssa)?|Dra?|Prof|monsieur|madame|(?:M|m)evrouw|Senhora?|señor(?:a|ita)?",
);
const CLOSINGS = list(
  "(?:(?:best|kind(?:est)?|warm(?:est)?|many|with) ){0,2}regards|(?:best|warm|all good|with best) wishes|best|cheers|thx|ta|rgds|br",
  "(?:many |with |lots of )?thanks(?: (?:again|in advance|a lot|so much|very much|a million|and (?:best |kind )?regards))?|thank you(?: (?:again|in advance|so much|very much|and (?:best |kind )?regards))?|(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|respectfully(?: yours)?|cordially|love|take care|all the best|yours|signed",
  "(?:mit )?(?:(?:den )?(?:freundlich|best|herzlich|lieb|viel|schön)e?[nmrs]?(?: und (?:best|lieb|herzlich)e?n?)?) (?:grü(?:ß|ss)en?|gru(?:ß|ss)|dank)(?: (?:aus \\p{L}{2,20}|im voraus|vorab|und (?:\\p{L}{3,12} )?(?:gru(?:ß|ss)|grü(?:ß|ss)e)))?|mfg|lg|vg|bg|gru(?:ß|ss)|grü(?:ß|ss)e?|herzlichst?|hochachtungsvoll|danke(?: (?:und (?:\\p{L}{3,12} )?(?:gru(?:ß|ss)|grü(?:ß|ss)e)|im voraus|vorab|schön|sehr))?|bis bald|ihre?|euer|eure|dein|deine",
  "(?:bien )?cordialement(?: vôtre)?|(?:bien )?à vous|(?:sincères |meilleures |cordiales |respectueuses )?salutations(?: (?:distinguées|les meilleures|cordiales))?|merci(?: (?:d['’]avance|beaucoup|bien|par avance|à vous|encore))?(?: et (?:bonne journée|cordialement))?|respectueusement|amicalement|à bientôt|bonne (?:journée|soirée|réception)|bises|cdlt|sincèrement",
  "(?:un |muchos |reciban un |con un )?(?:cordial )?(?:saludos?|abrazo)(?: cordial(?:es)?)?|(?:muy )?atentamente|atte|cordialmente|(?:muchas |mil )?gracias(?: (?:de antemano|por todo|por su ayuda|y (?:un )?saludos?))?|quedo a la espera|feliz día",
  "(?:i miei |un |tanti |con |più )?(?:cordiali |distinti |migliori |cari )?salut[io](?: cordiali)?|grazie(?: (?:mille|in anticipo|anticipatamente|ancora|tante|e (?:cordiali )?saluti|e buona giornata))?|a presto|buona (?:giornata|serata)|in fede|un abbraccio",
  "atenciosamente|obrigad[oa]|abraços?|cumprimentos|met vriendelijke groet(?:en)?|groet(?:en|jes)?|mvg|mvh|pozdrawiam",
);
const INTRODUCTIONS = list(
  "(?:my )?(?:full |first |last )?name(?:['’]s| is|s)|i am called|call me|you are (?:speaking|chatting|talking) (?:to|with)|you're (?:speaking|chatting|talking) (?:to|with)|on behalf of|signed by",
  "mein name (?:ist|lautet|wäre)|ich hei(?:ß|ss)e|hier (?:spricht|schreibt)|im namen von|mein name",
  "je m['’]appelle|mon nom est|mon nom c['’]est|je me nomme|moi c['’]est|de la part de|au nom de",
  "me llamo|mi nombre es|mi nombre|le (?:habla|escribe|saluda)|en nombre de|a nombre de",
  "mi chiamo|il mio nome è|mi presento,? sono|a nome di",
  "meu nome é|me chamo|mijn naam is|ik heet|jag heter|nazywam się",
);
// Weaker: also what anything is.
const PRESENTATIONS = "this is|it's|it’s|hier ist|ici|c'est|c’est|qui è|aquí";
// Weaker: also what somebody is.
const SELVES = "i am|i'm|i’m|im|ich bin|je suis|soy|sono|sou|ik ben";
const LABELS = list(
  "(?:full |first |last |family |middle |customer |client |account ?holder |cardholder |passenger |recipient |contact )?name|surname|attn|attention|recipient|cardholder|account ?holder|passenger",
  "(?:vor- und zu|vor-? ?und nach|vor|nach|zu|familien)?name|kontoinhaber(?:in)?|ansprechpartner(?:in)?|empfänger(?:in)?",
  "(?:nom|prénom)(?: (?:et prénom|et nom|de famille|complet|du titulaire))?|titulaire|destinataire",
  "nombre(?: (?:completo|y apellidos?|del titular))?|apellidos?|titular|destinatari[oa]",
  "nome(?: (?:e cognome|completo))?|cognome(?: e nome)?|intestatari[oa]|naam",
);
const KIN =
  "wife|husband|son|daughter|mother|father|mum|mom|dad|brother|sister|partner|friend|boss|colleague|assistant|secretary|boyfriend|girlfriend|fiancée?|girlfriend|roommate|neighbou?r|cousin|aunt|uncle|grandmother|grandfather|grandson|granddaughter";
const RELATIVES = list(
  `(?:my|our|his|her|your) (?:${KIN})`,
  "mein(?:e[mnr]?)? (?:frau|mann|ehemann|ehefrau|sohn|tochter|mutter|vater|bruder|schwester|partner(?:in)?|freund(?:in)?|chef(?:in)?|kolleg(?:e|en|in))",
  "(?:ma|mon) (?:femme|mari|fils|fille|mère|père|frère|sœur|soeur|compagne|compagnon|conjointe?|collègue|amie?|copine|copain)",
  "mi (?:mujer|esposa|marido|esposo|hij[oa]|madre|padre|herman[oa]|pareja|compañer[oa]|amig[oa]|novi[oa])",
  "(?:mio|mia) (?:moglie|marito|figli[oa]|madre|padre|fratello|sorella|compagn[oa]|collega|amic[oa])",
);

const word = (name: string, alternatives: string) =>
  String.raw`(?<${name}>(?<![\p{L}\p{M}\p{N}_@/-])(?i:${alternatives})(?![\p{L}\p{M}\p{N}_]))`;

/** The words of all cues. */
export const CUE_WORDS = list(TITLES, INTRODUCTIONS, PRESENTATIONS, SELVES, RELATIVES, LABELS, CLOSINGS, GREETINGS);

/**
 * What gives a name away. One pattern, so that a text is gone through once: which group matched tells how to read on.
 * A cue that others begin with comes later in its list.
 */
export const NAME_CUES = [
  String.raw`(?<title>(?<![\p{L}\p{M}\p{N}_@/-])(?:${TITLES})(?![\p{L}\p{M}\p{N}_]))`,
  word("introduction", INTRODUCTIONS),
  word("presentation", PRESENTATIONS),
  word("self", SELVES),
  word("relative", RELATIVES),
  word("label", LABELS),
  word("closing", CLOSINGS),
  word("greeting", GREETINGS),
].join("|");
/** A last line that is signed by a dash. */
export const DASHED = String.raw`\n\s{0,4}[-–—~]{1,2}\s?(?=\p{Lu}[^\n]{1,60}\s{0,8}$)`;
