import { quantityKeys } from "./fact-numbers.ts";
import { anyOf, byName, type FactKeys, type FactText, NUMBER, numberValues } from "./fact-text.ts";

// Lengths in seconds, or in months where the calendar decides; "1 day" and "24 hours" are the same promise.
const UNIT_KEYS = byName<readonly [number, string]>([
  [[1, "s"], "second seconds sec secs sekunden segundos secondes"],
  [[60, "s"], "minute minutes min mins minuten minutos minuti minuter 分钟 分鐘"],
  [[3600, "s"], "hour hours hr hrs h stunde stunden heure heures hora horas ora ore uur timer timmar 小时 小時 時間"],
  [
    [86400, "s"],
    "day days night nights tag tage tagen jour jours día días dia dias giorno giorni dag dagen dage dagar дней дня день 天 日",
  ],
  [
    [604800, "s"],
    "week weeks wk wks woche wochen semaine semaines semana semanas settimana settimane weken uke uger veckor недели недель 周 週間",
  ],
  [[1209600, "s"], "fortnight fortnights"],
  [
    [1, "m"],
    "month months mth mths monat monate monaten mois mes meses mese mesi maand maanden месяца месяцев 个月 個月 か月",
  ],
  [[3, "m"], "quarter quarters"],
  [[12, "m"], "year years yr yrs jahr jahre jahren ans année années año años ano anos anno anni jaar года лет 年"],
]);
const UNIT = `${anyOf(UNIT_KEYS.keys())}(?![a-zà-ÿа-я\\d])`;
const QUALIFIER =
  "(?:(?:business|working|calendar|full|consecutive|more|additional|bank|school|trading|whole|further)[\\s-]){0,2}";
const DURATION = new RegExp(
  `(${NUMBER})(?:\\s?(?:-|to|or|and|bis|a|à|y|/)\\s?(${NUMBER}))?\\+?[\\s-]{0,3}${QUALIFIER}${UNIT}`,
  "giu",
);
const ONE_UNIT = new RegExp(
  `(?<![\\p{L}\\d])(?:a|an|one|per|each|every|single|full|ein|eine|einen|un|une|una)[\\s-]{1,2}${QUALIFIER}${UNIT}`,
  "giu",
);

const TWELVE_HOUR = /(?<![\d:.])(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?\s?m(?![\p{L}\d])\.?/giu;
// "9 to 5pm": the first hour leans on the second.
const LEANING_HOUR =
  /(?<![\d:.])(\d{1,2})(?:[:.](\d{2}))?(?=\s?(?:-|to|until|till|and)\s?\d{1,2}(?:[:.]\d{2})?\s?[ap]\.?\s?m(?![\p{L}\d]))/giu;
const CLOCK = /(?<![\d:.])([01]?\d|2[0-3])[:h]([0-5]\d)(?::[0-5]\d)?(?![\d:])/g;
const SAID_HOUR = /(?<!\p{L})(noon|midday|midnight)(?!\p{L})/giu;

/** Takes clock times; a time that does not say morning or evening may be either. */
export function takeTimes(text: FactText): void {
  text.take("time", LEANING_HOUR, ([, hour, minute]) => timeKeys(Number(hour), Number(minute ?? 0)));
  text.take("time", TWELVE_HOUR, ([, hour, minute, half]) =>
    timeKeys(Number(hour), Number(minute ?? 0), half?.toLowerCase()),
  );
  text.take("time", CLOCK, ([, hour, minute]) => timeKeys(Number(hour), Number(minute)));
  text.take("time", SAID_HOUR, ([, word]) => ({
    gives: [`time:${word?.toLowerCase() === "midnight" ? 0 : 720}`],
    needs: [],
  }));
}

/** Takes durations ("3 to 5 business days"); what the days are called (working, calendar) is not compared. */
export function takeDurations(text: FactText): void {
  text.take("duration", DURATION, ([, first, second, unit = ""]) => {
    const key = (value: number) => [lengthKey(value, unit)];
    const last = quantityKeys(numberValues(second ?? first ?? ""), key);
    if (second === undefined) return last;
    const from = quantityKeys(numberValues(first ?? ""), key);
    const needs = from.needs.flatMap((a) => last.needs.map((b) => [...a, ...b]));
    return { gives: [...from.gives, ...last.gives], needs };
  });
  text.take("duration", ONE_UNIT, ([, unit = ""]) => ({ gives: [lengthKey(1, unit)], needs: [] }));
}

function lengthKey(count: number, unit: string): string {
  const [size, base] = UNIT_KEYS.get(unit.toLowerCase()) ?? [1, "s"];
  return `length:${count * size}${base}`;
}

function timeKeys(hour: number, minute: number, half?: string): FactKeys | undefined {
  if (hour > 23 || minute > 59) return undefined;
  const start = half === undefined ? hour : (hour % 12) + (half === "p" ? 12 : 0);
  const hours = half === undefined && hour <= 12 ? [hour % 24, (hour % 12) + 12, hour % 12] : [start];
  const keys = [...new Set(hours)].map((h) => `time:${h * 60 + minute}`);
  const bare = minute === 0 ? [[`bare:${hour}`]] : [];
  return { gives: keys, needs: [...keys.map((key) => [key]), ...bare] };
}
