/** A number that depends on the text alone (FNV-1a, 32 bits), so that the same request gets the same answer. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/** One of `choices`, by the hash of `key`. */
export function pick<T>(choices: readonly [T, ...T[]], key: string): T {
  return choices[hash(key) % choices.length] ?? choices[0];
}

export function capitalise(text: string): string {
  return text.replace(/^\p{Ll}/u, (letter) => letter.toUpperCase());
}

export function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu)?.length ?? 0;
}

/** The named sections of a prompt, `<name>\n…\n</name>`, each by its name. */
export function readSections(prompt: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = "", text = ""] of prompt.matchAll(/^<([a-z_]+)>\n([\s\S]*?)\n<\/\1>/gm)) found[name] ??= text;
  return found;
}

/*
 * Facts: what a rewrite must carry unchanged. Addresses, e-mail addresses, quoted names (buttons, pages), ids, and
 * numbers with their currency, percent sign or ordinal ending.
 */
const URL_LIKE = String.raw`(?:https?:\/\/|www\.)[^\s<>()"”]*[^\s<>()"”.,;:!?'’]`;
const EMAIL = String.raw`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`;
const DOMAIN = String.raw`\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|gov|edu|io|uk|au|ca|de|fr|es|eu)\b(?:\/[^\s<>()"]*[\w/])?`;
const QUOTED = String.raw`"[^"\n]{1,60}"|“[^”\n]{1,60}”|„[^“”\n]{1,60}[“”]|‘[^’\n]{1,60}’(?![\p{L}])|(?<![\p{L}\p{N}])'[^'\n]{1,60}'(?![\p{L}])|«[^»\n]{1,60}»`;
const ID = String.raw`\b[A-Z]{1,6}-?\d[\w-]*\b`;
const NUMBER = String.raw`(?:[$€£¥]\s?)?\d(?:[\d.,:/–-]*\d)?(?:\s?(?:%|°C|°F|€|£|\$)|(?:st|nd|rd|th|er|ª|º)\b|\s?[ap]\.?m\b\.?)?`;
export const FACT = new RegExp([URL_LIKE, EMAIL, DOMAIN, QUOTED, ID, NUMBER].join("|"), "gu");

// One private-use character stands for one fact, so that nothing done to the words around it can touch it.
const FIRST_MARK = 0xe000;
const LAST_MARK = 0xf8ff;
export const MARKS = "\\uE000-\\uF8FF";

/** The text with each fact replaced by one mark, and the way back. */
export function hideFacts(text: string): { hidden: string; show: (text: string) => string } {
  const facts: string[] = [];
  const hidden = text.replace(/[\uE000-\uF8FF]/g, "").replace(FACT, (fact) => {
    if (FIRST_MARK + facts.length > LAST_MARK) return fact;
    facts.push(fact);
    return String.fromCharCode(FIRST_MARK + facts.length - 1);
  });
  const show = (marked: string) =>
    marked.replace(/[\uE000-\uF8FF]/g, (mark) => facts[mark.charCodeAt(0) - FIRST_MARK] ?? "");
  return { hidden, show };
}

const ABBREVIATION =
  /(?:\b(?:e\.g|i\.e|etc|approx|no|nr|st|dr|mr|mrs|ms|vs|ca|bzw|ggf|inkl|zzgl|sr|sra|mme)|\b(?:z\.\s?b|d\.\s?h|u\.\s?a|p\.\s?ej|\p{L}))\.$/iu;

// German: "am 28. Oktober".
const ORDINAL = /[\uE000-\uF8FF]\.$/;
const MONTH = /^(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)\b/;

/** Sentences of one paragraph; facts should be hidden first, since they hold dots. */
export function splitSentences(paragraph: string): string[] {
  const sentences: string[] = [];
  let open = "";
  for (const part of paragraph.split(new RegExp(`(?<=[.!?…]["”’)]?)\\s+(?=[\\p{Lu}\\d"“„‘'(¿¡${MARKS}])`, "u"))) {
    if (open !== "" && !ABBREVIATION.test(open) && !(ORDINAL.test(open) && MONTH.test(part))) {
      sentences.push(open.trim());
      open = "";
    }
    open = open === "" ? part : `${open} ${part}`;
  }
  if (open.trim() !== "") sentences.push(open.trim());
  return sentences.filter((sentence) => sentence !== "");
}

export interface Block {
  /** What stands before an item of a list: "-" or "1."; empty for a paragraph. */
  bullet: string;
  text: string;
  /** No blank line stands before it. */
  tight: boolean;
}

const BULLET = /^\s*(?:([*•·–-])|(\d{1,2}[.)]))\s+(.*)$/;

/** A line at least this long was probably wrapped by hand and goes on in the next one. */
const WRAPPED = 55;

/** Paragraphs, single lines and list items; lines wrapped by hand are joined. */
export function splitBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let before = "";
  for (const line of text
    .replace(/\r/g, "")
    .split("\n")
    .map((line) => line.trim())) {
    const item = BULLET.exec(line);
    const last = blocks.at(-1);
    if (item) blocks.push({ bullet: item[2] ?? "-", text: (item[3] ?? "").trim(), tight: before !== "" });
    else if (last && before !== "" && goesOn(before, line)) last.text += ` ${line}`;
    else if (line !== "") blocks.push({ bullet: "", text: line, tight: before !== "" });
    before = line;
  }
  return blocks.filter((block) => block.text !== "");
}

function goesOn(before: string, line: string): boolean {
  if (before.length >= WRAPPED || /\b(?:a|an|the|of|and|or|for|with|in|to|at|on|by)$/.test(before)) return true;
  return /^\p{Ll}/u.test(line) && !/^\p{Ll}/u.test(before) && !before.endsWith(":");
}

export type Language = "en" | "de" | "fr" | "es";

const FUNCTION_WORDS: Record<Language, string> = {
  en: "the and to of a in is you for that it on are with your be this have or as if can not we at by will from our please i my was an has do they their",
  de: "der die das und zu den ist sie ihr ihre wir nicht ein eine mit auf für von im sich dem des auch als bitte haben werden wird können oder ich es bei uns um an nach dass wenn",
  fr: "le la les de des et à un une est vous pour que dans nous votre vos pas sur qui avec ce par plus ne au du en il sont avez si ou je notre cette être peut",
  es: "el la los las de y que en un una por con para no su es se lo del al si como más le puede está o nuestro usted tu esta este hemos ha son te sus pero",
};
const LANGUAGES = Object.entries(FUNCTION_WORDS).map(([language, words]) => ({
  language: language as Language,
  words: new Set(words.split(" ")),
}));

/** The one of four languages whose function words are most frequent; English where there are none. */
export function languageOf(text: string): Language {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  let best: Language = "en";
  let most = 0;
  for (const { language, words: known } of LANGUAGES) {
    const count = words.filter((word) => known.has(word)).length;
    if (count > most) {
      best = language;
      most = count;
    }
  }
  return best;
}

interface Place {
  word: string;
  start: number;
  end: number;
}

/** Words for comparing; facts are left out, since they have to be the same. */
function places(text: string): Place[] {
  return [...text.matchAll(/\p{L}+(?:['’]\p{L}+)*/gu)].map(({ 0: raw, index }) => ({
    word: raw.toLowerCase().replace(/['’]/g, ""),
    start: index,
    end: index + raw.length,
  }));
}

/** Stretches of at least `atLeast` words that stand in the source too, in order, not overlapping. Facts hidden. */
export function sharedRuns(
  text: string,
  source: string,
  atLeast: number,
): { start: number; end: number; words: number }[] {
  const mine = places(text);
  const at = new Map<string, number[]>();
  for (const [j, { word }] of places(source).entries()) at.set(word, [...(at.get(word) ?? []), j]);
  const runs: { start: number; end: number; words: number }[] = [];
  let above = new Map<number, number>();
  const longest = mine.map(({ word }) => {
    const row = new Map<number, number>();
    let most = 0;
    for (const j of at.get(word) ?? []) {
      const length = (above.get(j - 1) ?? 0) + 1;
      row.set(j, length);
      most = Math.max(most, length);
    }
    above = row;
    return most;
  });
  for (let last = mine.length - 1; last >= 0; ) {
    const words = longest[last] ?? 0;
    const from = mine[last - words + 1];
    const to = mine[last];
    if (words >= atLeast && from && to) runs.push({ start: from.start, end: to.end, words });
    last -= Math.max(1, words);
  }
  return runs.reverse();
}

/** Share (0 to 1) of the text's word 5-grams that the source holds too, and the longest run they share. Facts hidden. */
export function overlap(text: string, source: string): { share: number; run: number } {
  const known = new Set(grams(source));
  const own = grams(text);
  const share = own.length === 0 ? 0 : own.filter((gram) => known.has(gram)).length / own.length;
  return { share, run: sharedRuns(text, source, 1).reduce((most, { words }) => Math.max(most, words), 0) };
}

function grams(text: string): string[] {
  const words = places(text).map(({ word }) => word);
  return words.slice(4).map((_, i) => words.slice(i, i + 5).join(" "));
}
