import { describe, expect, it } from "vitest";
import { type Context, lessonOf } from "../../src/clusters/context/context.ts";
import { openingOf } from "../../src/clusters/context/opening.ts";
import { composeGuidance } from "../../src/clusters/lessons/guidance-text.ts";
import { CONVERSATION_CODES, conversationOf } from "../../src/experiments/conversation.ts";
import { isHeldOut, lessonsLeftOut, plainShareOf } from "../../src/experiments/split.ts";
import { conversationIn } from "../../src/prompts/serve-prompt.ts";

const SOURCE = { cluster: 5, version: 1, switchedOff: false };
const turn = (role: "user" | "assistant", content: string) => ({ role, content });

describe("the holdout", () => {
  const held = (input: Parameters<typeof conversationIn>[0], share = 0.1, source = SOURCE) =>
    isHeldOut(conversationOf(conversationIn(input)), source, share);

  it("keeps a conversation on one side as it grows, and takes about its share", () => {
    let count = 0;
    for (let i = 0; i < 4_000; i++) {
      const first = held({ customer_message: `message ${i}` });
      expect(held({ customer_message: "and now?", conversation: [turn("user", `message ${i}`)] })).toBe(first);
      count += Number(first);
    }
    expect(count).toBeGreaterThan(320);
    expect(count).toBeLessThan(480);
  });

  it.each(["Hi 👋", "Hello! How can I help you today?"])("does not go by the bot's greeting: %s", (greeting) => {
    const sides = Array.from({ length: 400 }, (_, i) =>
      held({ customer_message: `message ${i}`, conversation: [turn("assistant", greeting)] }, 0.5),
    );
    const withoutGreeting = Array.from({ length: 400 }, (_, i) => held({ customer_message: `message ${i}` }, 0.5));
    expect(sides).toEqual(withoutGreeting);
    expect(sides.filter(Boolean).length).toBeGreaterThan(150);
    expect(sides.filter(Boolean).length).toBeLessThan(250);
  });

  it("goes by the caller's id before all else", () => {
    const sides = Array.from({ length: 40 }, (_, i) =>
      held({ conversation_id: `c${i}`, customer_message: "Where is my refund?" }, 0.5),
    );
    expect(new Set(sides).size, "the same words in other conversations").toBe(2);
    const later = sides.map((_, i) => held({ conversation_id: `c${i}`, customer_message: "And now?" }, 0.5));
    expect(later).toEqual(sides);
  });

  it("is another for another cluster and for other guidance: nobody is held out of everything for good", () => {
    const of = (source: typeof SOURCE) =>
      Array.from({ length: 1_000 }, (_, code) => isHeldOut({ code: code * 1_003 }, source, 0.5));
    const [one, other, newer] = [of(SOURCE), of({ ...SOURCE, cluster: 6 }), of({ ...SOURCE, version: 2 })];
    const alike = (a: boolean[], b: boolean[]) => a.filter((side, i) => side === b[i]).length;
    for (const pair of [alike(one, other), alike(one, newer), alike(other, newer)]) {
      expect(pair).toBeGreaterThan(420);
      expect(pair).toBeLessThan(580);
    }
  });

  it("leaves guidance that is switched off to one conversation in ten", () => {
    const switchedOff = { ...SOURCE, switchedOff: true };
    expect(plainShareOf({ HOLDOUT_FRACTION: 0.1 }, SOURCE)).toBe(0.1);
    expect(plainShareOf({ HOLDOUT_FRACTION: 0.1 }, switchedOff)).toBe(0.9);
    expect(plainShareOf({ HOLDOUT_FRACTION: 0 }, switchedOff)).toBe(0.9);
    expect(plainShareOf({ HOLDOUT_FRACTION: 1 }, switchedOff)).toBe(1);
  });

  it("tells conversations apart by their id or a long opening, and says so of those it cannot", () => {
    const told = (id: string | null, opening: string) => conversationOf({ id, opening, isFirst: true }).isToldApart;
    expect(told("c1", "Hi")).toBe(true);
    expect(told(null, "Hi")).toBe(false);
    expect(told(null, `Hi ${" ".repeat(100)}`)).toBe(false);
    expect(told(null, "Hello, I sent back two lamps on Monday and one of them was broken.")).toBe(true);
  });
});

describe("leaving lessons out", () => {
  it("takes each lesson's share of conversations, each by itself, and can be told again from the id", () => {
    const counts = Array.from({ length: 12 }, () => 0);
    let both = 0;
    for (let i = 0; i < 10_000; i++) {
      const code = (i * 7_919) % CONVERSATION_CODES;
      const bits = lessonsLeftOut({ code }, 5, 0.1);
      expect(lessonsLeftOut({ code }, 5, 0.1)).toBe(bits);
      for (const slot of counts.keys()) counts[slot] = (counts[slot] ?? 0) + ((bits >> slot) & 1);
      both += Number((bits & 3) === 3);
    }
    for (const count of counts) {
      expect(count).toBeGreaterThan(880);
      expect(count).toBeLessThan(1_120);
    }
    expect(both, "two at once").toBeGreaterThan(60);
    expect(both).toBeLessThan(140);
    expect(lessonsLeftOut({ code: 1 }, 5, 0)).toBe(0);
  });

  const contextOf = (lessons: Context["lessons"]): Context => {
    const facts = { topic: "refunds", failures: 9, failure_categories: [], lessons };
    return {
      ...{ ...facts, number: 5, guidance_version: 1, merged_into: null, opening: openingOf(facts, null) },
      ...{ examples: [], shared: [], by_category: [], tested: { switched_off: false }, version: 1, built_at: 0 },
    };
  };
  const aLesson = (slot: number, pinned = false) =>
    lessonOf({ id: `l${slot}`, slot, text: `Lesson ${slot}.`, pinned, failure_category: null });

  it("drops the line and nothing else, never a pinned one, and the bits say for which it was drawn", () => {
    const context = contextOf([aLesson(0), aLesson(1), aLesson(2, true)]);
    const all = composeGuidance([context], {});
    const some = composeGuidance([context], { leftOut: 0b110 });
    expect(some?.text).toBe(all?.text.replace("- Lesson 1.\n", ""));
    expect(some?.lessons).toBe(0b111);
  });

  it("promises no lessons where the only one is left out", () => {
    const guidance = composeGuidance([contextOf([aLesson(3)])], { leftOut: 0b1000 });
    expect(guidance).toEqual({ text: "", lessons: 0b1000 });
  });
});
