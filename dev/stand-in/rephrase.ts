import { BREAKERS, type Entry, LEXICON } from "./lexicon.ts";
import { capitalise, hash, type Language, MARKS, pick, sharedRuns } from "./text.ts";

interface Exchange {
  pattern: RegExp;
  entries: Map<string, Entry>;
}

const EXCHANGES = new Map<Language, Exchange>();

function exchangeFor(language: Language): Exchange {
  const known = EXCHANGES.get(language);
  if (known) return known;
  const entries = new Map(LEXICON[language].map((entry) => [entry.from, entry]));
  const phrases = [...entries.keys()]
    .sort((a, b) => b.length - a.length)
    .map((phrase) => phrase.replace(/[.*+?/]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}'’-])(?:${phrases.join("|")})(?![\\p{L}\\p{N}'’-])`, "gu");
  const exchange = { pattern, entries };
  EXCHANGES.set(language, exchange);
  return exchange;
}

/** Words that may be written small when they no longer begin their sentence; others may be names. */
const PLAIN_START =
  /^(?:The|A|An|If|When|Once|After|Before|You|Your|We|Our|It|Its|This|That|These|Those|They|Their|There|In|On|At|For|From|To|With|As|By|All|Any|Some|Most|Many|Please|Also|No|Not|Each|Every|Because|Since|While|Until|Unless|Although|However|Here|Then|Just|Only|Other|People|Try|Use|Go|Open|Choose|Select|Click|Tap|Check|Contact|Call|Visit|See|Keep|Make|Send|Ask|Follow|Follows|Do|Don['’]t|Avoid|Wait|Enter|Reply|Return|Log|Sign|Read|Wash|Wear|Stay|Get|Take|Find|Help|Information|What|How|Whether|Where|Who|Which|Der|Die|Das|Ein|Eine|Wir|Wenn|Falls|Bitte|Nach|Im|In|Am|Mit|Für|Le|La|Les|Un|Une|Vous|Nous|Votre|Si|El|Los|Las|Una|Su|Para|En|Hemos|Refunds|Cards|Cash|Orders|Payments|Machines|Seats|None|Paying|Deactivate|Reply|Pull|Report|Pick|Add|Print|Bring|Payment|Customers|Nothing|Anything|Everything|Money)(?!\p{L})/u;

export function lowerStart(text: string): string {
  return PLAIN_START.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

const PAIR_STOPS =
  /^(?:one|the|and|or|to|of|in|on|at|for|is|are|be|not|you|your|we|our|they|it|that|this|these|who|which|more|less|other|others|so|if|when|how|what|where|their|both|either|between|then|was|were|has|have|will|can|may|also|by|with|from|as)$/;

/**
 * Says one sentence in other words: phrases exchanged, clauses and list items moved. Facts must be hidden
 * (`hideFacts`) before.
 */
export function rephrase(sentence: string, language: Language): string {
  const end = /[.!?…:]+["”’)]?$/.exec(sentence)?.[0] ?? "";
  let body = sentence.slice(0, sentence.length - end.length).trim();
  if (language === "en" && !end.includes("?")) body = moveOpening(moveClause(body));
  body = exchangeWords(body, language);
  if (language === "en") body = rightArticles(swapPairs(body));
  return capitalise(body) + (end || ".");
}

function exchangeWords(text: string, language: Language): string {
  const { pattern, entries } = exchangeFor(language);
  // A sentence's first word is looked up small; `rephrase` gives it its capital back.
  const small = /^\p{Lu}(?=\p{Ll})/u.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
  return small.replace(pattern, (phrase, offset: number) => {
    const entry = entries.get(phrase);
    if (!entry) return phrase;
    const other = pick(entry.to, `${text.slice(0, offset)}${entry.from}`);
    // "Yes, it is." can not be shortened.
    const goesOn = /^ \p{L}/u.test(small.slice(offset + phrase.length));
    return /'(?:s|re|ll|ve|m)$/.test(other) && !goesOn ? phrase : other;
  });
}

/** "an vital step" becomes "a vital step". */
function rightArticles(text: string): string {
  return text.replace(/\b([Aa])n? (?=(\p{Ll}{2,}))/gu, (_, a: string, word: string) =>
    /^(?:[aeio]|un(?!i|e)|u(?!n|s|r|t)|hour|honest)/.test(word) && !/^(?:one|once|eu)/.test(word) ? `${a}n ` : `${a} `,
  );
}

const CLAUSE = "if|when|once|as soon as|unless|because|before|after|while|until|although|as long as";
const CLAUSE_FIRST = new RegExp(`^(${CLAUSE}|to|in order to|in case) ([^,;:]{6,140}), (?:then )?([^;:]{8,160})$`, "iu");
const CLAUSE_LAST = new RegExp(
  `^([^;:]{12,160}?),? (${CLAUSE}) ((?:you|you're|we|it|it's|they|the|your|our|there|this|that|a|an|i|people|someone)\\b[^;:]{5,140})$`,
  "iu",
);

/** "If A, B" becomes "B if A", and the other way round. */
function moveClause(text: string): string {
  if (/^(?:yes|no|sure|oh|sorry)\b/i.test(text)) return text;
  const first = CLAUSE_FIRST.exec(text);
  if (first) {
    const [, joint = "", clause = "", main = ""] = first;
    // "To A, B, C and D": the comma may belong to a list, and then moving would break it.
    if (!/,/.test(main) || main.split(",").length > 3) return `${capitalise(main)} ${joint.toLowerCase()} ${clause}`;
    return text;
  }
  const last = CLAUSE_LAST.exec(text);
  if (!last) return text;
  const [, main = "", joint = "", clause = ""] = last;
  if (
    /^(?:and|but|or|so|even|only|just)\b/i.test(main) ||
    /\b(?:and|but|or|even|only|just|especially|particularly|not|shortly|or)$/i.test(main)
  )
    return text;
  if (/,/.test(`${main}${clause}`) || lowerStart(main) === main || new RegExp(`\\b(?:${CLAUSE})\\b`, "i").test(main))
    return text;
  return `${capitalise(joint)} ${clause}, ${lowerStart(main)}`;
}

/** "On 12 March, B" becomes "B on 12 March". */
function moveOpening(text: string): string {
  const match =
    /^(On|In|At|From|During|For|By|Since|Under) ([^,;:]{3,28}), (?!but|and|which|so|because|or|not)([^,;:]{8,120})$/u.exec(
      text,
    );
  if (!match) return text;
  const [, joint = "", opening = "", main = ""] = match;
  return `${capitalise(main)} ${joint.toLowerCase()} ${opening}`;
}

/** "safe and sound" becomes "sound and safe"; of a list the last two change places. */
function swapPairs(text: string): string {
  const items = text.replace(
    /, (\p{Ll}[\p{L}-]{2,}(?: \p{Ll}[\p{L}-]{2,})?),? (and|or) (\p{Ll}[\p{L}-]{2,}(?: \p{Ll}[\p{L}-]{2,})?)(?=$|[,.)])/gu,
    (whole, one: string, joint: string, other: string) =>
      `${one} ${other}`.split(" ").some((word) => PAIR_STOPS.test(word)) ? whole : `, ${other} ${joint} ${one}`,
  );
  if (items !== text) return items;
  // Only where both words surely stand alone: "test methods and performance rules" must stay together.
  return text.replace(
    /(?<=\b(?:the|your|our|their|for|of|by|with|between|from|both|via|any|all) )(\p{Ll}[\p{L}-]{2,}) (and) (\p{Ll}[\p{L}-]{2,})(?=$|[,.;)]| (?:is|are|was|were|in|on|at|for|to|from|with|by|of|can|will|should|before|after)\b)/gu,
    (whole, one: string, joint: string, other: string) =>
      PAIR_STOPS.test(one) || PAIR_STOPS.test(other) || /(?:ed|ly|ing)$/.test(`${one} ${other}`)
        ? whole
        : `${other} ${joint} ${one}`,
  );
}

/**
 * Parts the stretches of at least `run` words that still stand as in `source`, one change each, near the middle.
 * Both texts with their facts hidden.
 */
export function loosen(text: string, source: string, language: Language, run: number): string {
  let loosened = text;
  for (const { start, end } of sharedRuns(text, source, run).reverse()) {
    const stretch = loosened.slice(start, end);
    loosened = loosened.slice(0, start) + breakUp(stretch, language) + loosened.slice(end);
  }
  return loosened;
}

function breakUp(stretch: string, language: Language): string {
  const middle = stretch.length / 2;
  // Too near its ends the stretch would stay as long as it was.
  const inner = (at: number) => at > stretch.length * 0.2 && at < stretch.length * 0.85;
  for (const [pattern, ...others] of BREAKERS[language]) {
    const match = [...stretch.matchAll(pattern)]
      .filter(({ index }) => inner(index))
      .sort((a, b) => Math.abs(a.index - middle) - Math.abs(b.index - middle))[0];
    const other = others[hash(stretch) % others.length];
    if (!match || other === undefined) continue;
    const { index } = match;
    return stretch.slice(0, index) + other.replace("$&", match[0]) + stretch.slice(index + match[0].length);
  }
  return stretch;
}

/** Cuts a long sentence where a new one can begin. */
export function splitLong(sentence: string, language: Language): string[] {
  const parts = sentence.split(/; (?=\S)/u);
  if (parts.length > 1) return parts.map((part, i) => capitalise(i < parts.length - 1 ? `${part}.` : part));
  if (language !== "en") return [sentence];
  const but = new RegExp(
    `^([^?]{30,}), but ((?:you|we|it|they|the|this|there|please|if|I|[${MARKS}])[^?]{15,})$`,
    "u",
  ).exec(sentence);
  if (but) return [`${but[1]}.`, `Even so, ${but[2]}`];
  const and = /^([^?]{60,}), and ((?:you|we|it|they|the|this|there|please|I)\b[^?]{25,})$/u.exec(sentence);
  return and ? [`${and[1]}.`, capitalise(and[2] ?? "")] : [sentence];
}
