import { describe, expect, it } from "vitest";
import { FINDERS } from "../../../src/guards/personal-data/finders.ts";
import { redact } from "../../../src/guards/personal-data.ts";

const LENGTH = 1_000_000;
/** Each begins many matches, or one very long one. */
const PIECES = [
  "a",
  "A",
  "1",
  " ",
  "Aa ",
  "Hi Anna ",
  "Hi Xa, ",
  "Mr ",
  "Best,\n\n\n",
  "- A\n",
  "my name is ",
  "born on ",
  "born 1.1.",
  "password is ",
  "password: ",
  "sk-",
  "eyJaaaaaaaaaa.",
  "-----BEGIN PRIVATE KEY-----",
  "://a:b",
  "12 Main ",
  "1 rue de la ",
  "Calle de ",
  "Via A. ",
  "Aaaa-",
  "Am Markt 1 ",
  "AA11",
  "1.1.1.",
  "1:1:",
  "12 34 ",
];
// Quadratic work on a text of this length would take hours; the machines that run this may be busy.
const LIMIT_MS = 10_000;

describe("a megabyte of the same", () => {
  it.each(FINDERS.map((finder) => [finder.kind, finder] as const))(
    "does not hold up the search for a %s",
    (_, { find, sign, cue }) => {
      for (const piece of PIECES) {
        const text = piece.repeat(Math.ceil(LENGTH / piece.length));
        const start = performance.now();
        sign?.test(text);
        cue?.at(text, 0);
        find(text);
        expect(performance.now() - start, JSON.stringify(piece)).toBeLessThan(LIMIT_MS);
      }
    },
    300_000,
  );

  it("does not hold up the search for the names of a text that is nothing but names", () => {
    const names = Array.from({ length: 60_000 }, (_, i) => `Hi X${i.toString(26).replace(/\d/g, "q")}a Miller,\n`);
    const start = performance.now();
    redact([names.join("")]);
    expect(performance.now() - start).toBeLessThan(LIMIT_MS);
  }, 60_000);
});
