import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { longestCommonRun } from "../../src/guards/longest-common-run.ts";

const words = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 25 });

function byTryingAll(source: string[], text: string[]): number {
  let best = 0;
  for (let i = 0; i < source.length; i++) {
    for (let j = 0; j < text.length; j++) {
      let length = 0;
      while (i + length < source.length && j + length < text.length && source[i + length] === text[j + length])
        length++;
      best = Math.max(best, length);
    }
  }
  return best;
}

describe("the longest common run", () => {
  it("is as long as trying every pair of positions finds, and stands where it says", () => {
    fc.assert(
      fc.property(words, words, (source, text) => {
        const run = longestCommonRun(source, text);
        expect(run.length).toBe(byTryingAll(source, text));
        const stretch = text.slice(run.start, run.start + run.length).join(" ");
        expect(` ${source.join(" ")} `).toContain(run.length > 0 ? ` ${stretch} ` : "");
      }),
      { numRuns: 500 },
    );
  });

  it("of 25,000 equal words does not take quadratic time", () => {
    const many = new Array<string>(25_000).fill("a");
    const start = performance.now();
    expect(longestCommonRun(many, many).length).toBe(25_000);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
