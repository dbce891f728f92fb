import { isFunctionWord } from "../../src/guards/language.ts";

/** A number that depends on the text alone (FNV-1a, 32 bits), so that the same request gets the same answer. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}

/** One of `choices`, by the hash of `key`. */
export function pick<T>(choices: readonly T[], key: string): T | undefined {
  return choices[hash(key) % choices.length];
}

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The named sections of a prompt, `<name>\n…\n</name>`, each by its name. */
export function readSections(prompt: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [, name = "", text = ""] of prompt.matchAll(/^<([a-z_0-9]+)>\n([\s\S]*?)\n<\/\1>/gm)) found[name] ??= text;
  return found;
}

export function sentencesOf(text: string): string[] {
  return text
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.replace(/^[-*•\s]+/, "").trim())
    .filter((sentence) => sentence.length > 2);
}

/** Beginnings of words stand for the word in all its endings. */
const STEM = 6;

/** What a text is about: its words of four letters or more, without function words and contractions ("don't"). */
export function tellingWords(text: string): string[] {
  const words = text.toLowerCase().match(/(?<![\p{L}'’])\p{L}{4,}(?![\p{L}'’])/gu) ?? [];
  return words.filter((word) => !isFunctionWord(word));
}

export function stemsOf(text: string): Set<string> {
  return new Set(tellingWords(text).map((word) => word.slice(0, STEM)));
}

export function sharedBy(some: Set<string>, others: Set<string>): string[] {
  return [...some].filter((one) => others.has(one));
}

/** How many of the first set the second holds too, 0 to 1; 0 where the first is empty. */
export function shareOf(some: Set<string>, others: Set<string>): number {
  return sharedBy(some, others).length / Math.max(1, some.size);
}

// About as long as the pieces that real tokenizers cut English into.
const TOKEN = /\p{L}{1,6}|\p{N}{1,3}|\s?[^\s\p{L}\p{N}]|\s{2,}/gu;

/** Tokens of a text, roughly as a tokenizer would count them. */
export function countTokens(text: string): number {
  return text.match(TOKEN)?.length ?? 0;
}

/** The text cut to this many tokens, and whether that took anything off. */
export function cutToTokens(text: string, most: number): { text: string; cut: boolean } {
  let tokens = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (++tokens > most) return { text: text.slice(0, match.index), cut: true };
  }
  return { text, cut: false };
}
