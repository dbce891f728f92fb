import { type Finder, type Found, found } from "./kinds.ts";

// Tried only where a word begins, and repeats a bounded number of times: linear on any text.
const EMAIL =
  /(?<![\p{L}\p{N}._%+'-])[\p{L}\p{N}._%+'-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}(?:xn--[a-z0-9-]{2,40}|\p{L}{2,24})(?![\p{L}\p{N}]|-[\p{L}\p{N}])/giu;

/** E-mail addresses; the value is in lower case. */
export function findEmails(text: string): Found[] {
  return [...text.matchAll(EMAIL)].map((match) => found(match.index, match[0], match[0].toLowerCase()));
}

export const EMAILS: Finder = { kind: "email", sign: /@/u, find: findEmails };
