import { anyOf, byName, type FactKeys, type FactText } from "./fact-text.ts";

// January to December: English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian, Polish, Russian;
// in full, as used after a day, and shortened.
const MONTHS = [
  "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari stycznia styczeń января янв",
  "february feb februar février févr fév febrero febbraio fevereiro fev februari lutego luty февраля фев",
  "march mar märz mrz mars marzo março maart mrt marts marca marzec марта мар",
  "april apr avril avr abril abr aprile kwietnia kwiecień апреля апр",
  "may mai mayo maggio mag maio mei maj maja мая",
  "june jun juni juin junio giugno giu junho czerwca czerwiec июня июн",
  "july jul juli juillet juil julio luglio lug julho lipca lipiec июля июл",
  "august aug août aout agosto ago augustus augusti sierpnia sierpień августа авг",
  "september sept sep septembre septiembre settembre setembro września wrzesień сентября сен",
  "october oct oktober okt octobre octubre ottobre ott outubro października październik октября окт",
  "november nov novembre noviembre novembro listopada listopad ноября ноя",
  "december dec dezember dez décembre déc diciembre dic dicembre dezembro desember grudnia grudzień декабря дек",
];
const MONTH_NUMBERS = byName(MONTHS.map((names, i) => [i + 1, names]));
const MONTH = anyOf(MONTH_NUMBERS.keys());
// Words of their own in lower case ("1 and 2 may differ", "3 years ago"): a month only with a capital or a year.
const ALSO_WORDS = new Set("may march mar mars dec ago gen sen mag out set mei mai maja".split(" "));

const DAY = String.raw`\d{1,2}(?:st|nd|rd|th|er|\.|º|ª)?`;
const JOIN = String.raw`(?:\s?[-,&/]\s?|\s(?:and|to|or|until|till|through|bis|und|au|et|y|al|e|a|tot|en)\s|,\s(?:and|or)\s)(?:the\s)?`;
const DAYS = `(${DAY}(?:${JOIN}${DAY}){0,5})`;
const OF = String.raw`(?:of\s|de\s|del\s)?`;
const DAY_MONTH = new RegExp(
  String.raw`(?<![\d.,:/])${DAYS}[\s-]{1,3}(?:day\s)?${OF}${MONTH}(?![\p{L}\d])\.?(?:[,\s-]{1,3}${OF}(\d{4})(?!\d))?`,
  "giu",
);
const MONTH_DAY = new RegExp(
  String.raw`(?<![\p{L}\d])${MONTH}\.?[\s-]{1,3}(?:the\s)?${DAYS}(?![\d%:]|[.,]\d)(?:,?[\s-]{1,3}(?:of\s)?(\d{4})(?!\d))?`,
  "giu",
);
const MONTH_YEAR = new RegExp(String.raw`(?<![\p{L}\d])${MONTH}\.?[,\s-]{1,3}${OF}((?:19|20)\d\d)(?!\d)`, "giu");
const YEAR_FIRST = /(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)/g;
const YEAR_LAST = /(?<![\d./-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?![\d]|[./-]\d)/g;
const YEAR_RANGE = /(?<![\d.,/-])((?:19|20)\d\d)\s?[-/]\s?((?:19|20)?\d\d)(?![\d%/-]|[.,]\d)/g;
const EAST_ASIAN_YEAR = /(?<!\d)((?:19|20)\d\d)\s?[年년]/g;
const EAST_ASIAN = /(?:(\d{4})\s?[年년]\s?)?(\d{1,2})\s?[月월](?:\s?(\d{1,2})\s?[日号일])?/g;
const MONTH_ALONE = new RegExp(String.raw`(?<![\p{L}\d])${MONTH}(?![\p{L}\d])`, "giu");

interface CalendarDate {
  year?: number;
  month: number;
  day?: number;
}

/** Takes the calendar dates out of a text, in the usual spellings; lists and ranges of days give each day. */
export function takeDates(text: FactText): void {
  text.take("date", YEAR_FIRST, ([, year, , month, day]) => keysOf([[calendarDate(year, month, day)]]));
  text.take("date", DAY_MONTH, (match) => namedMonth(match[2], match[1], match[3]));
  text.take("date", MONTH_DAY, (match) => namedMonth(match[1], match[2], match[3]));
  text.take("date", MONTH_YEAR, (match) => namedMonth(match[1], undefined, match[2]));
  text.take("date", EAST_ASIAN, ([, year, month, day]) => keysOf([[calendarDate(year, month, day)]]));
  // 03/04/2024 is March or April, as the country has it: either reading will do.
  text.take("date", YEAR_LAST, ([, first, mark, second, year = ""]) => {
    if (mark !== "/" && year.length === 2) return undefined;
    return keysOf([[calendarDate(year, second, first), calendarDate(year, first, second)]]);
  });
  takeYears(text);
}

/** Takes years that stand in a range ("2019-20") or with their sign ("2024年"). */
function takeYears(text: FactText): void {
  text.take("date", YEAR_RANGE, ([, from = "", to = ""]) => {
    const years = [Number(from), Number(to.length === 2 ? from.slice(0, 2) + to : to)];
    if ((years[1] ?? 0) <= (years[0] ?? 0)) return undefined;
    return { gives: years.flatMap((year) => yearKeys(year).gives), needs: [years.map((year) => `year:${year}`)] };
  });
  text.take("date", EAST_ASIAN_YEAR, ([, year]) => yearKeys(Number(year)));
}

/** Takes the month names that are left: a source that speaks of March vouches for "March 2024" when it has the year. */
export function takeMonths(text: FactText): void {
  text.take("date", MONTH_ALONE, ([, name = ""]) => ({ gives: [`month:${monthNumber(name)}`], needs: [] }));
}

/** Keys of a year that stands alone. */
export function yearKeys(year: number): FactKeys {
  return { gives: [`year:${year}`, `value:${year}`, `bare:${year}`], needs: [[`year:${year}`], [`value:${year}`]] };
}

function namedMonth(name = "", days: string | undefined, year: string | undefined): FactKeys | undefined {
  if (year === undefined && name === name.toLowerCase() && ALSO_WORDS.has(name)) return undefined;
  const month = String(monthNumber(name));
  if (days === undefined) return keysOf([[calendarDate(year, month, undefined)]]);
  return keysOf((days.match(/\d+/g) ?? []).map((day) => [calendarDate(year, month, day)]));
}

function monthNumber(name: string): number {
  return MONTH_NUMBERS.get(name.toLowerCase()) ?? 0;
}

function calendarDate(year: string | undefined, month = "", day: string | undefined): CalendarDate | undefined {
  const date: CalendarDate = { month: Number(month) };
  if (year) date.year = year.length === 2 ? 2000 + Number(year) : Number(year);
  if (day) date.day = Number(day);
  if (date.month < 1 || date.month > 12) return undefined;
  return date.day !== undefined && (date.day < 1 || date.day > 31) ? undefined : date;
}

/** Keys of several dates that stand in one expression, each in the readings it may have. */
function keysOf(dates: (CalendarDate | undefined)[][]): FactKeys | undefined {
  const known = dates.map((readings) => readings.filter((reading) => reading !== undefined));
  if (known.some((readings) => readings.length === 0)) return undefined;
  const [first = [], ...others] = known.map((readings) => readings.flatMap(waysToVouch));
  // Every date of the expression must be vouched for: combine the ways of each with those of the others.
  const needs = others.reduce(
    (ways, next) => ways.flatMap((way) => next.map((more) => [...way, ...more])).slice(0, MAX_WAYS),
    first,
  );
  return { gives: known.flat().flatMap(givenKeys), needs };
}

// "1, 2, 3, 4, 5 and 6 March 2024": two ways for each day would be 64; more than enough is still bounded.
const MAX_WAYS = 64;

function waysToVouch({ year, month, day }: CalendarDate): string[][] {
  if (day === undefined) {
    return year === undefined ? [[`month:${month}`]] : [[`month:${month}/${year}`], [`month:${month}`, `year:${year}`]];
  }
  if (year === undefined) return [[`day:${day}/${month}`]];
  // A source may leave out the year that the conversation gives elsewhere.
  return [[`day:${day}/${month}/${year}`], [`yearless:${day}/${month}`, `year:${year}`]];
}

function givenKeys({ year, month, day }: CalendarDate): string[] {
  const keys = [`month:${month}`];
  if (year !== undefined) keys.push(`month:${month}/${year}`, `year:${year}`, `value:${year}`);
  if (day !== undefined)
    keys.push(`day:${day}/${month}`, year === undefined ? `yearless:${day}/${month}` : `day:${day}/${month}/${year}`);
  return keys;
}
