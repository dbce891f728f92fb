import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Lesson, lessonOf } from "../../../src/clusters/context/context.ts";
import { rankLessons } from "../../../src/clusters/lessons/guidance-text.ts";

function lesson(text: string, given: Partial<Lesson> = {}): Lesson {
  return lessonOf({ failure_category: null, text, id: null, slot: null, pinned: false, ...given });
}

const order = (lessons: Lesson[], message: string, expected: string | null = null) =>
  rankLessons(lessons, message, expected).map(({ text }) => text);

describe("the order of lessons", () => {
  it("goes by shared words, and a lesson that only rambles does not win by its length", () => {
    const rambling = "Say when the refund comes and also many other things that nobody has ever asked about at all";
    expect(order([lesson(rambling), lesson("Name the refund date")], "When is my refund due, which date?")).toEqual([
      "Name the refund date",
      rambling,
    ]);
  });

  it("puts pinned lessons first, then those of the expected category", () => {
    const lessons = [
      lesson("alike refund"),
      lesson("expected", { failure_category: "tone" }),
      lesson("pinned", { pinned: true }),
    ];
    expect(order(lessons, "refund", "tone")).toEqual(["pinned", "expected", "alike refund"]);
  });

  it("does not take a lesson without a category for the expected one where none is expected", () => {
    const lessons = [lesson("something else"), lesson("about a refund", { failure_category: "tone" })];
    expect(order(lessons, "my refund")).toEqual(["about a refund", "something else"]);
  });

  it("counts a word that the message repeats once, and one ranking leaves nothing behind for the next", () => {
    const lessons = [lesson("refund"), lesson("card lost")];
    expect(order(lessons, "card card lost refund")).toEqual(["card lost", "refund"]);
    expect(order(lessons, "refund refund refund")).toEqual(["refund", "card lost"]);
    expect(order(lessons, "nothing of it")).toEqual(["refund", "card lost"]);
  });

  it("is that of comparing every lesson with the message", () => {
    const words = fc.array(fc.constantFrom("refund", "card", "lost", "late", "date", "größe", "日本語"), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(fc.array(words, { maxLength: 12 }), words, (texts, message) => {
        const lessons = texts.map((text) => lesson(text.join(" ")));
        const asked = new Set(message);
        const likeness = texts.map((text) => {
          const own = new Set(text);
          return own.size === 0 ? 0 : [...own].filter((word) => asked.has(word)).length / Math.sqrt(own.size);
        });
        const ranked = rankLessons(lessons, message.join(" "), null).map((one) => lessons.indexOf(one));
        expect(ranked.toSorted((a, b) => a - b)).toEqual(texts.map((_, place) => place));
        for (const [at, place] of ranked.entries()) {
          const before = ranked[at - 1];
          if (before !== undefined) expect((likeness[before] ?? 0) + 1e-9).toBeGreaterThanOrEqual(likeness[place] ?? 0);
        }
      }),
    );
  });
});
