import { compile } from "./any-case.ts";
import { type Finder, type Found, found } from "./kinds.ts";
import { WordStarts } from "./word-starts.ts";

const CUE =
  "born|birth|birth-?day|birth-?date|dob|d\\.o\\.b|geboren|geb|geburtsdatum|geburtstag|née?|née?\\(e\\)|naissance|nací|nacid[oa]|nacimiento|nat[oa]|nascita|nascid[oa]|nascimento|geboortedatum|född|urodzon[ya]";
// What may stand between the cue and the date; a place is one or two names ("nata a Torino il").
const BETWEEN = String.raw`(?:\(e\)|\.)?(?:\s?[:=–-])?(?:\s?\((?:dd|tt|jj|gg|mm)[^)\n]{0,12}\):?)?(?:\s(?i:on|in|is|was|am|im|ist|war|lautet|wurde|ich|bin|le|est|el|es|fue|il|è|era|em|the|den|der|día|date|my|:|=|-)(?![\p{L}])|\s(?:a|à|en|em|in|at|zu)\s\p{Lu}[\p{L}-]{1,25}(?:\s\p{Lu}[\p{L}-]{1,25})?,?){0,4}:?\s{1,2}`;
const MONTHS = [
  "jan(?:uary|uar|vier)?|jänner|enero|ene|gennaio|gen|janeiro",
  "feb(?:ruary|ruar|rero|braio)?|fév(?:rier)?|fevereiro",
  "mar(?:ch|s|zo|ço)?|märz|mär",
  "apr(?:il|ile)?|avr(?:il)?|abr(?:il)?",
  "may|mai|mayo|maggio|mag|maio",
  "june?|juni|juin|junio|giugno|giu|junho",
  "july?|juli|juil(?:let)?|julio|luglio|lug|julho",
  "aug(?:ust)?|août|aout|ago(?:sto)?",
  "sep(?:t|tember|tembre|tiembre)?|set(?:tembre|iembre|embro)?",
  "o[ck]t(?:ober|obre|ubre)?|ott(?:obre)?|outubro",
  "nov(?:ember|embre|iembre|embro)?",
  "de[cz](?:ember|embro)?|déc(?:embre)?|decembre|dic(?:iembre|embre)?",
];
const MONTH = `(?i:${MONTHS.join("|")})\\.?`;
const YEAR = "(?:19|20)\\d\\d";
const DATE = [
  String.raw`${YEAR}[-/.]\d{1,2}[-/.]\d{1,2}`,
  String.raw`\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?(?:${YEAR}|\d\d)`,
  String.raw`\d{1,2} \d{1,2} ${YEAR}`,
  String.raw`\d{1,2}(?:st|nd|rd|th|er|ère|[.º°])?[ -](?:of |de |di )?${MONTH}(?:,? (?:de |del )?|-)${YEAR}`,
  String.raw`${MONTH} \d{1,2}(?:st|nd|rd|th)?,? ${YEAR}`,
].join("|");
const BIRTH_DATE = compile(
  String.raw`(?<![\p{L}\p{N}])(?i:${CUE})(?![\p{L}\p{N}])${BETWEEN}(${DATE})(?!\d|[-/.]\d)`,
  "uy",
);
// "Am 3.4.1980 geboren": the cue may follow as well.
const CUE_BEHIND = /\(?(?:geboren|born|geb\.)/iuy;
const DATE_BEFORE = compile(String.raw`(?<![\p{L}\d./-])(${DATE})\s(?:in \p{Lu}[\p{L}-]{1,25} )?\(?$`, "u");
const DATE_WINDOW = 64;
const MONTH_NAMES = MONTHS.map((names) => compile(`^(?:${names})$`, "iu"));

/** Dates of birth: a day, month and year next to a word such as "born"; the value is the day's numbers. */
export function findBirthDates(text: string): Found[] {
  const dates: Found[] = [];
  for (let at = STARTS.next(text, 0); at >= 0; at = STARTS.next(text, at + 1)) {
    const date = birthDateAt(text, at);
    if (date !== undefined && date.start >= (dates.at(-1)?.end ?? 0)) dates.push(date);
  }
  return dates;
}

const STARTS = new WordStarts(CUE);

export const BIRTH_DATES: Finder = {
  kind: "birth_date",
  cue: { words: CUE, at: (text, index) => birthDateAt(text, index) !== undefined },
  find: findBirthDates,
};

function birthDateAt(text: string, at: number): Found | undefined {
  BIRTH_DATE.lastIndex = at;
  const [all = "", date] = BIRTH_DATE.exec(text) ?? [];
  if (date !== undefined) return found(at + all.length - date.length, date, numbersOf(date));
  CUE_BEHIND.lastIndex = at;
  if (!CUE_BEHIND.test(text)) return undefined;
  const from = Math.max(0, at - DATE_WINDOW);
  const before = DATE_BEFORE.exec(text.slice(from, at));
  return (before?.[1] && found(from + before.index, before[1], numbersOf(before[1]))) || undefined;
}

/** "03/04/1980" and "4 March 1980" may be one day: the numbers in order of size. */
function numbersOf(date: string): string {
  const numbers = (date.match(/\d+|[\p{L}\p{M}]+/gu) ?? []).flatMap((part) => {
    const month = MONTH_NAMES.findIndex((name) => name.test(part)) + 1;
    return /^\d/.test(part) ? [Number(part)] : month > 0 ? [month] : [];
  });
  return numbers.sort((a, b) => a - b).join(" ");
}
