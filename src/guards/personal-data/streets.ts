/** How streets are written in one family of languages. */
interface Street {
  pattern: string;
  /** Where it does not match, `pattern` does not; begins with a digit, since texts hold few. */
  sign?: string;
  /** In place of a sign: the words that `pattern` begins with. */
  words?: string;
  /** A city with its postcode has to follow, since the words alone say too little. */
  needsCity?: boolean;
  /** A match that reads like one and is none. */
  isNone?: RegExp;
}

const START = String.raw`(?<![\p{L}\p{N}_.,/#-]|[£$€] ?)`;
const NUMBER = String.raw`\d{1,5}(?:[A-Za-z](?!\p{L}))?(?:\s?[-–/]\s?\d{1,5}[A-Za-z]?)?`;
const END = String.raw`(?![\p{L}\p{N}_])`;
const CAPITAL = String.raw`\p{Lu}[\p{L}\p{M}.'’-]{0,30}`;
// A house number behind the street's name: no more digits, no unit of time or money may follow.
const AFTER = String.raw`(?<!\d)\d{1,4}(?:\s?[a-zA-Z](?![\p{L}\p{N}]))?(?:\s?[-–/]\s?(?:\d{1,4}[a-zA-Z]?|[A-Z]))?(?![\p{L}\p{N}_%€$£]|[.,:]\d|\s?(?:%|€|Uhr|km|Tage|ore|horas|heures|hours))`;

const EN_STRONG =
  "street|st|str|avenue|ave|av|road|rd|lane|ln|drive|dr|boulevard|blvd|highway|hwy|parkway|pkwy|crescent|cres|terrace|gardens|gdns|mews";
const EN_WEAK =
  "close|court|ct|place|pl|square|sq|way|walk|circle|cir|trail|grove|hill|row|quay|parade|esplanade|rise|park|wharf|green|loop|plaza";
const ENGLISH = String.raw`(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)\.? )?(?:(?:${CAPITAL}|of|the) ){0,3}?(?:${CAPITAL}|\d{1,3}(?:st|nd|rd|th)) (?i:${EN_STRONG}|${EN_WEAK})${END}(?:\.(?= ?,| \p{Lu}| \d|\.))?(?: (?:N|S|E|W|NE|NW|SE|SW|North|South|East|West)${END})?`;
const ENGLISH_LOWER = String.raw`(?:[\p{L}\p{M}'’-]{2,25} ){1,2}?(?:street|avenue|road|lane|drive|boulevard|crescent)${END}`;
// Common words between a number and a street word show that it counts something: "5 minutes down the road".
const COUNTED =
  /\s(?:minutes?|hours?|days?|weeks?|months?|years?|miles?|km|metres?|meters?|people|cars?|bus(?:es)?|down|up|on|in|along|across|of|the|a|an|and|or|to|from|per|way|at|for|with|by|main roads?|more|new|different|other|busy|public|private|national|local|one|two|high street|street|vehicles?|drivers?)\s/iu;

const FR_WORDS =
  "rue|avenue|av\\.|ave|boulevard|bd\\.?|bld|bvd|boul\\.|place|pl\\.|impasse|allées?|chemin|ch\\.|route|rte|quai|cours|square|passage|faubourg|fbg|résidence|rés\\.|sentier|cité|esplanade|ruelle|montée|rond-point|hameau|lotissement|lieu-dit";
const LINK = String.raw`(?:(?i:d[eu]|des|l[ae]s?|à|aux?|en|sur|sous)\s|(?i:[dl])['’]\s?)`;
const FRENCH = String.raw`(?:\s?(?i:bis|ter|quater))?(?:\s?[A-D](?=[\s,]))?\s?,?\s{1,2}(?i:${FR_WORDS})\s(?:${LINK}{0,3}(?:\p{Lu}|\d{1,2}(?=\s\p{L}))[\p{L}\p{M}.'’-]{0,30})(?:[ ](?:${LINK}{0,3}\p{Lu}[\p{L}\p{M}.'’-]{0,30})){0,4}`;

const DE_STRONG = "stra(?:ß|ss)e|str\\.?|allee|gasse|chaussee|weg|straat|laan|gracht|kade";
const DE_WEAK =
  "platz|ring|damm|ufer|steig|pfad|markt|hof|graben|wall|berg|brücke|tor|garten|park|feld|siedlung|zeile|stieg|plein";
const GERMAN_GAP = String.raw`(?:,? (?i:nr|nummer|hausnummer|no)\.?)?\s{1,2}`;
const DE_FIRST = String.raw`(?:\p{Lu}[\p{L}\p{M}.]{1,25}[ -]){0,3}`;
const german = (words: string) =>
  String.raw`(?<![\p{L}\p{N}_-])${DE_FIRST}\p{L}[\p{L}\p{M}]{0,30}?[ -]?(?i:${words})(?<=\p{L}{4}|[.])${GERMAN_GAP}`;
const DE_PLACE = String.raw`(?<![\p{L}\p{N}_])(?:Am|An der|An den|Auf der|Auf dem|Beim?|Im|In der|In den|Zum|Zur|Unter den|Unter der|Hinter der|Hinter dem|Vor dem|Alte[rs]?|Neue[rs]?) ${CAPITAL}(?: ${CAPITAL})? `;

const ES_WORDS = String.raw`calle|c\/|cl\.|avenida|avda?\.?|av\.|plaza|pza\.?|plza\.?|paseo|p\.º|pº|camino|cno\.|carretera|ctra\.?|ronda|travesía|rambla|glorieta|urbanización|urb\.|vía|gran vía|rua|travessa|praça|largo|calçada`;
const IT_WORDS = String.raw`via|viale|v\.le|piazza|p\.zza|p\.za|piazzale|p\.le|corso|c\.so|largo|l\.go|vicolo|strada|contrada|lungotevere|lungarno|borgo|salita|traversa|località|loc\.|frazione|fraz\.`;
const ROMANCE_LINK = String.raw`(?:(?i:de|del|de la|de las|de los|la|las|los|el|da|do|das|dos|di|della|delle|dei|degli|dello|y|e)\s|(?i:dell|d|all|sant)['’])`;
const romance = (words: string) =>
  String.raw`(?<![\p{L}\p{N}_/])(?i:${words})\s?(?:${ROMANCE_LINK}{0,2}(?:\p{Lu}|\d{1,2}\s(?=\p{L}))[\p{L}\p{M}.'’-]{0,30}[ ,]{1,2}){1,5}(?:(?i:n(?:[.º°]{1,2}|úm\.?|um\.?|r\.?|o\.?)?|número|numero|civico|snc)\s?[.º°]?\s?)?`;

// "via" in small letters is English too, but not behind these.
const SMALL = "calle|avenida|plaza|viale|piazza|corso";
const SMALL_VIA = "(?<=(?:^|\\s)(?i:in|abito|indirizzo:?|domicilio|è|al?) )via";
const small = (words: string) => String.raw`(?<![\p{L}\p{N}_/])(?:${words})\s(?:[\p{L}\p{M}.'’-]{2,30}[ ,]{1,2}){1,4}`;

/** A number, looked at before the words in front of it: there are far fewer of them than of words. */
const numberAfter = (words: string, gap: string) => String.raw`(?<=(?i:${words})${gap})\d`;

export const STREETS: readonly Street[] = [
  {
    pattern: `${START}${NUMBER}${FRENCH}`,
    sign: String.raw`\d${FRENCH}`,
  },
  {
    pattern: `${START}${NUMBER},? ${ENGLISH}`,
    sign: String.raw`\d[a-zA-Z]?,? ${ENGLISH}`,
    // A year, and what happened or where.
    isNone: new RegExp(String.raw`^(?:19|20)\d\d,? (?:(?:\p{L}+ ){2,}|.*(?:${EN_WEAK})$)`, "iu"),
  },
  {
    pattern: `${START}${NUMBER},? ${ENGLISH_LOWER}`,
    sign: String.raw`\d[a-zA-Z]?,? ${ENGLISH_LOWER}`,
    isNone: COUNTED,
  },
  {
    pattern: String.raw`(?<![\p{L}\p{N}_])(?i:p\.? ?o\.? ?box|postfach|apartado(?: de correos)?|casella postale|boîte postale)\s(?:n[.º°]\s?)?\d{1,6}(?!\d)`,
    sign: numberAfter("box|postfach|apartado|correos|postale", String.raw`\s(?:n[.º°]\s?)?`),
  },
  {
    pattern: `${german(DE_STRONG)}${AFTER}`,
    sign: numberAfter(DE_STRONG, GERMAN_GAP),
    isNone:
      /(?:um|rück|heim|hin|schul|arbeits|aus|seh|rechts|liefer|dienst|versand|mail|post)weg\s|str\s|^(?:auf|unter|der|die|den|eine|diese)\p{L}{0,2} (?:stra|weg)/iu,
  },
  { pattern: `${german(DE_WEAK)}${AFTER}`, sign: numberAfter(DE_WEAK, GERMAN_GAP), needsCity: true },
  {
    pattern: `${DE_PLACE}${AFTER}`,
    sign: String.raw`(?<=${DE_PLACE})\d`,
    needsCity: true,
  },
  {
    pattern: `${romance(`${ES_WORDS}|${IT_WORDS}`)}${AFTER}`,
    words: `${ES_WORDS}|${IT_WORDS}`,
  },
  { pattern: `${small(`(?i:${SMALL})|${SMALL_VIA}`)}${AFTER}`, words: `${SMALL}|via` },
  { pattern: `${small("via")}${AFTER}`, words: "via", needsCity: true },
  {
    pattern: String.raw`(?<![\p{L}\p{N}_])(?i:gran v[ií]a)(?: ${LINK}${CAPITAL}(?: ${CAPITAL})?)?,? ${AFTER}`,
    words: "gran v",
  },
  // Without a number: a hamlet, a building.
  {
    pattern: String.raw`(?<![\p{L}\p{N}_-])(?i:lieu-?dit|hameau|ferme)\s${CAPITAL}(?:[ ]${LINK}{0,2}${CAPITAL}){0,3}`,
    words: "lieu-?dit|hameau|ferme",
    needsCity: true,
  },
];

const CITY = String.raw`(?:St\. )?\p{Lu}[\p{L}\p{M}'’-]{1,30}(?:[ ](?:(?i:am|an der|im|in|bei|ob der|de|del|de la|la|le|les|sur|sous|en|di|d'|of|upon|the|a[mn] Main)\s){0,2}\p{Lu}[\p{L}\p{M}'’-]{0,30}){0,3}`;
const UK_CODE = String.raw`[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}`;
const STATE = "[A-Z]{2,3}|(?:New |North |South |West |Rhode )?\\p{Lu}\\p{Ll}{3,13}";
/** A city and its postcode, either of them first, after a comma or a line break. */
export const CITY_AND_CODE = [
  // 10115 Berlin, D-10115 Berlin, 75001 Paris Cedex 01, 20121 Milano (MI), 1015 CJ Amsterdam, 1250-096 Lisboa
  String.raw`[,;]?\s{1,3}(?:[-–]\s)?(?:(?:D|A|CH|F|E|I|L|B|NL)[- ])?\d{4,5}(?:-\d{3}| [A-Z]{2}(?= \p{Lu}))?,?\s{1,2}(?:${CITY}|\p{Ll}[\p{L}-]{2,25}(?=[.,;!?\n]|$))(?:\s(?i:cedex)(?:\s\d{1,2})?)?(?:,?\s\([A-Z]{2}\)|\s[A-Z]{2}(?![\p{L}]))?`,
  // Springfield, IL 62704; Leeds LS1 4DY; Sydney NSW 2000; Toronto, ON M5V 2T6
  String.raw`(?:[,;]?\s{1,3}${CITY}){1,2}[,;]?\s{1,3}(?:(?:${STATE}),?\s{1,2})?(?:${UK_CODE}|\d{5}(?:-\d{4})?|(?<=[A-Z]\s{1,2})\d{4}|[A-Z]\d[A-Z] ?\d[A-Z]\d)(?![\p{L}\p{N}])`,
  // a postcode alone
  String.raw`[,;]?\s{1,3}(?:${UK_CODE})(?![\p{L}\p{N}])`,
].join("|");
