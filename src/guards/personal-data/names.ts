import { compile } from "./any-case.ts";
import { type Finder, type Found, found } from "./kinds.ts";
import { CUE_WORDS, DASHED, NAME_CUES } from "./name-cues.ts";
import { AFTER_GREETING, ALSO_A_WORD, NEVER_ALONE, NO_NAME, ORGANISATION, PARTICLES } from "./name-words.ts";
import { WordStarts } from "./word-starts.ts";

const WORD = String.raw`(?:\p{Lu}['’])?\p{Lu}[\p{L}\p{M}]{1,25}(?:[-'’]\p{L}[\p{L}\p{M}]{1,25}){0,2}`;
const INITIAL = String.raw`\p{Lu}\.`;
const NAME = String.raw`(?:(?:${PARTICLES}) ){0,2}(?:${INITIAL} ?){0,3}${WORD}(?:[ \u00a0](?:(?:${PARTICLES}) ){0,2}(?:${WORD}|${INITIAL}|\p{Lu}(?= \p{Lu}))){0,4}`;
const LOWER_NAME = String.raw`\p{Ll}[\p{L}\p{M}'’-]{1,20}(?: \p{Ll}[\p{L}\p{M}'’-]{1,20})?`;
const TITLE = String.raw`(?:(?i:mr|mrs|ms|mx|miss|herrn?|frau|mme|mlle|m|monsieur|madame|mademoiselle|sra?|srta|señor(?:a|ita)?|don|doña|d|dª|signor(?:a|ina|e)?|sig|sig\.ra|sig\.na|dott|dott\.ssa|dra?|prof|ing|dipl\.-ing|mag|avv)\.?\s{1,2}){0,3}`;
const IS_PARTICLE = compile(`^(?:${PARTICLES})$`, "iu");
const ENDS_IN_PARTICLES = compile(`(?: (?:${PARTICLES}))+$`, "iu");
const NAME_AT = compile(`(?:${NAME})`, "uy");
const LOWER_AT = compile(`(?:${LOWER_NAME})`, "uy");
const CUE_AT = compile(NAME_CUES, "uy");
const DASHED_LINE = compile(DASHED, "u");

type CueKind =
  | "title"
  | "introduction"
  | "presentation"
  | "self"
  | "relative"
  | "label"
  | "closing"
  | "greeting"
  | "dashed";

interface Reading {
  /** What stands between the cue and the name. */
  between: string;
  /** What has to follow the name. */
  after?: RegExp;
  /** A cue says so much only where a line or a sentence begins. */
  startsLine?: boolean;
  /** A name in small letters is believed as well, where this follows. */
  lowerAfter?: RegExp;
  leastWords?: number;
}

const LINE_END = String.raw`\s{0,3}(?:$|[\r\n])`;
const END = /^(?:$|[\s,.;:!?)"”»(|/…-]|['’]s)/u;
const READINGS: Readonly<Record<CueKind, readonly Reading[]>> = {
  title: [{ between: String.raw`\.?[ \u00a0]{1,2}${TITLE}`, after: END }],
  introduction: [
    {
      between: String.raw`[:,]?\s{1,2}(?:not )?${TITLE}["“„«']?`,
      after: END,
      lowerAfter: /^(?:\s{0,2}$|[,.!;\n]| (?:and|i|from|und|ich|aus|et|je|y|e|ho|con)(?!\p{L}))/u,
    },
  ],
  presentation: [
    {
      between: String.raw`,?\s${TITLE}`,
      after:
        /^(?:\s?(?:$|[,!\n])|\.(?:\s|$)| (?:speaking|here|calling|writing|from|again|von|aus|und|noch|de|d['’]|et|y|e)(?!\p{L}))/u,
    },
  ],
  self: [
    { between: String.raw`\s${TITLE}`, after: END, leastWords: 2 },
    { between: String.raw`\s${TITLE}`, after: /^(?:[,.!\n]| (?:from|aus|und|y|e|et|de|di|with|at)(?!\p{L}))/u },
  ],
  relative: [{ between: String.raw`,?\s(?:is |named |called )?${TITLE}`, after: END }],
  label: [{ between: String.raw`\s?[:=]\s{0,3}${TITLE}`, after: END, lowerAfter: new RegExp(`^${LINE_END}`, "u") }],
  closing: [
    {
      between: String.raw`[ \t]{0,2}[,.!:–-]{0,2}\s{0,6}(?:[-–—~]\s?)?${TITLE}`,
      startsLine: true,
      after: compile(String.raw`^(?:${LINE_END}|,[ \n]|\s?[|(/–-]|[.!]${LINE_END})`, "u"),
      lowerAfter: compile(`^${LINE_END}`, "u"),
    },
    // "Thanks Anna, I will try": said to somebody.
    { between: `,? ${TITLE}`, startsLine: true, after: /^[,.!]/u },
  ],
  greeting: [
    {
      between: String.raw`(?:\s(?:there|again|to|an|und|y|e|et|and|nochmals?))?,?[ \u00a0]{1,2}@?${TITLE}`,
      startsLine: true,
      after: /^(?:\s{0,2}(?:$|[\r\n,!.:;?–—-]))/u,
      lowerAfter: /^(?:\s?[,!\n]|\s{0,2}$)/u,
    },
    { between: "[,!.]?[ ]{1,2}", startsLine: true, after: /^ (?:here|speaking|hier|ici|aquí|qui)(?!\p{L})/u },
    { between: String.raw`[ \u00a0]${TITLE}`, startsLine: true, after: /^ (?=\p{L})/u },
  ],
  dashed: [{ between: "", after: /^\s{0,8}$/u }],
};
// Compiled once, each to be tried at the end of a cue.
const COMPILED = Object.fromEntries(
  Object.entries(READINGS).map(([kind, readings]) => [
    kind,
    readings.map((reading) => ({ ...reading, at: compile(reading.between, "uy") })),
  ]),
) as Record<CueKind, (Reading & { at: RegExp })[]>;

const KINDS = Object.keys(READINGS) as CueKind[];
const STARTS_LINE = /(?:^|[\n.!?,;:>*"“„«(–—-])\s{0,3}$/u;
const ALONE = /^\s{0,2}(?:$|[\r\n,!])/u;
// The last line is signed with a dash only below prose, not below another item of a list.
const LOOK_AHEAD = 16;

/**
 * Names of persons that a text gives away: by a greeting, a signature, a title or an introduction. The value is the
 * name as it is written. Where the same name stands elsewhere is `NamesInTexts`' to know.
 */
export function findNames(text: string): Found[] {
  const names: Found[] = [];
  let last = 0;
  for (let at = STARTS.next(text, 0); at >= 0; at = STARTS.next(text, Math.max(at + 1, last))) {
    const name = nameAfterCue(text, at, last);
    if (name === undefined) continue;
    names.push(name);
    last = name.end;
  }
  const dashed = dashedName(text, last);
  return dashed === undefined ? names : [...names, dashed];
}

const STARTS = new WordStarts(CUE_WORDS);

export const NAMES: Finder = {
  kind: "name",
  sign: DASHED_LINE,
  cue: { words: CUE_WORDS, at: (text, index) => nameAfterCue(text, index, 0) !== undefined },
  find: findNames,
};

function nameAfterCue(text: string, at: number, last: number): Found | undefined {
  CUE_AT.lastIndex = at;
  const match = CUE_AT.exec(text);
  if (match === null) return undefined;
  const kind = KINDS.find((name) => match.groups?.[name] !== undefined);
  for (const reading of kind === undefined ? [] : COMPILED[kind]) {
    const name = readName(text, at, at + match[0].length, reading);
    if (name !== undefined && name.start >= last) return name;
  }
  return undefined;
}

function dashedName(text: string, last: number): Found | undefined {
  const match = DASHED_LINE.exec(text);
  if (match === null || match.index < last || !belowProse(text, match.index)) return undefined;
  const [reading] = COMPILED.dashed;
  return reading && readName(text, match.index, match.index + match[0].length, reading);
}

function readName(text: string, cue: number, cueEnd: number, reading: Reading & { at: RegExp }): Found | undefined {
  if (reading.startsLine && !STARTS_LINE.test(text.slice(Math.max(0, cue - 5), cue))) return undefined;
  reading.at.lastIndex = cueEnd;
  const gap = reading.at.exec(text);
  if (gap === null) return undefined;
  const start = cueEnd + gap[0].length;
  const written = matchAt(NAME_AT, text, start);
  if (written !== undefined) {
    const name = personIn(written) ?? wordAsName(text, start, written);
    if (name === undefined || name.split(/\s/).length < (reading.leastWords ?? 1)) return undefined;
    const rest = text.slice(start + name.length, start + name.length + LOOK_AHEAD);
    if (reading.after !== undefined && !reading.after.test(rest)) return undefined;
    // Prose behind it has to begin as prose to somebody does, or the "name" was its first word.
    const [next = ""] = /^ [\p{L}\p{M}'’&]+/u.exec(rest) ?? [];
    if (
      reading.startsLine &&
      next !== "" &&
      !/here|hier|ici|aquí|qui|speaking/.test(next) &&
      !AFTER_GREETING.has(folded(next))
    )
      return undefined;
    return found(start, name, name);
  }
  if (reading.lowerAfter === undefined) return undefined;
  const lower = matchAt(LOWER_AT, text, start)?.replace(/['’-]+$/u, "");
  if (lower === undefined) return undefined;
  return smallName(text, start, lower, reading.lowerAfter);
}

/** The words of `written` up to the first that no name has; undefined when nothing is left, or a company is meant. */
function personIn(written: string): string | undefined {
  const words = written.split(/(?<=[ \u00a0])/u);
  if (words.some((word) => ORGANISATION.has(folded(word)))) return undefined;
  const stop = words.findIndex((word, i) => {
    if (!NO_NAME.has(folded(word))) return false;
    // "Will Young" is called so, "Will you" asks.
    return i > 0 ? !IS_PARTICLE.test(word.trim()) : words.length === 1 || !ALSO_A_WORD.has(folded(word));
  });
  const kept = stop < 0 ? words : words.slice(0, stop);
  // Letters behind a name are a degree or an order: "Alan Finch AO FRS".
  const degree = kept.findIndex((word, i) => i > 0 && /^\p{Lu}{2,}\s?$/u.test(word) && /\p{Ll}/u.test(kept[0] ?? ""));
  const name = (degree < 0 ? kept : kept.slice(0, degree)).join("").trimEnd();
  const bare = name.replace(ENDS_IN_PARTICLES, "");
  return /\p{Lu}[\p{L}\p{M}]/u.test(bare) ? bare : undefined;
}

/** "Hi Will," and "Thanks, May": a common word with nothing behind it that would make it one. */
function wordAsName(text: string, start: number, written: string): string | undefined {
  const [word = ""] = written.split(/[ \u00a0]/u);
  if (!ALSO_A_WORD.has(folded(word)) && !NEVER_ALONE.has(folded(word))) return undefined;
  const end = start + word.length;
  return ALONE.test(text.slice(end, end + LOOK_AHEAD)) ? word : undefined;
}

function smallName(text: string, start: number, lower: string, after: RegExp): Found | undefined {
  const words = lower.split(" ");
  const bad = words.findIndex((word) => NO_NAME.has(word) || ORGANISATION.has(word));
  const kept = bad < 0 ? words : words.slice(0, bad);
  if (bad >= 0 && ORGANISATION.has(words[bad] ?? "")) return undefined;
  const name = kept.join(" ");
  // A participle: "my name is misspelled", and no "mohammed".
  if (name === "" || /(?:\p{L}{3}(?<!m)ed|ing)$/u.test(name)) return undefined;
  const rest = text.slice(start + name.length, start + name.length + LOOK_AHEAD);
  return after.test(rest) ? found(start, name, name) : undefined;
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function folded(word: string): string {
  return word
    .trim()
    .replace(/[.,]+$/u, "")
    .replace(/’/gu, "'")
    .toLowerCase();
}

/** The line above says something and is no item of a list itself. */
function belowProse(text: string, at: number): boolean {
  const above =
    text
      .slice(Math.max(0, at - 400), at)
      .trimEnd()
      .split("\n")
      .at(-1) ?? "";
  return /[.!?)…,]$/u.test(above) && !/^\s*[-–—~•*]/u.test(above);
}
