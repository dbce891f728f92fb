import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  EXAMPLE_MESSAGE_CHARACTERS,
  EXAMPLE_REPLY_CHARACTERS,
  EXPLANATION_CHARACTERS,
  GUIDANCE_CHARACTERS,
  MOST_ADDED_CHARACTERS,
} from "../../src/clusters/context/budgets.ts";
import { buildContext } from "../../src/clusters/context/build-context.ts";
import { chooseLessons } from "../../src/clusters/context/choose-lessons.ts";
import { type Context, categoryShares, lessonOf } from "../../src/clusters/context/context.ts";
import { openingOf } from "../../src/clusters/context/opening.ts";
import { composeGuidance, sharedGuidance } from "../../src/clusters/lessons/guidance-text.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { excerpt } from "../../src/lib/text.ts";
import { buildPrompt } from "../../src/prompts/build-prompt.ts";
import { modelThat, rating } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";

interface Given {
  topic: string;
  categories: string[];
  lessons: string[];
}

function contextOf({ topic, categories, lessons }: Given): Context {
  const counts = categories.map((failure_category) => ({ failure_category, count: 10 }));
  const facts = {
    ...{ topic, failures: 1_000_000, failure_categories: categoryShares(counts, counts) },
    lessons: lessons.map((text, slot) =>
      lessonOf({ id: String(slot), slot, text, pinned: slot === lessons.length - 1, failure_category: null }),
    ),
  };
  return {
    ...{
      ...facts,
      number: 1,
      merged_into: null,
      opening: openingOf(facts, null),
      examples: [],
      shared: categories,
      by_category: [],
    },
    ...{
      tested: { switched_off: false },
      guidance_version: 0,
      version: 1,
      built_at: 0,
    },
  };
}

const label = (max: number) => fc.string({ minLength: 1, maxLength: max, unit: "grapheme" });
const contexts = fc.record({
  topic: label(200),
  categories: fc.uniqueArray(label(100), { maxLength: 4 }),
  lessons: fc.array(fc.string({ minLength: 1, maxLength: 400 }), { maxLength: 12 }),
});
const example = (message: number, reply: number) => ({
  ...{ customer_message: "m".repeat(message), reply: "r".repeat(reply), score_gain_estimate: 1 },
});
const largest = example(EXAMPLE_MESSAGE_CHARACTERS, EXAMPLE_REPLY_CHARACTERS);
const asked = { customer_message: "Where is it?", examples: 5 };
const systemOf = (guidance: string | null, examples: (typeof largest)[]) => {
  const [first] = buildPrompt(asked, guidance, examples);
  return first?.role === "system" ? first.content : "";
};

describe("what is added to a prompt", () => {
  it("never grows past its size, whatever is known", () => {
    fc.assert(
      fc.property(fc.array(contexts, { minLength: 1, maxLength: 2 }), label(100), fc.nat(5), (given, category, n) => {
        const known = given.map(contextOf);
        for (const failureCategory of [null, category]) {
          const text = composeGuidance(known, { customerMessage: "Where is it?", failureCategory })?.text ?? "";
          expect(text.length).toBeLessThanOrEqual(GUIDANCE_CHARACTERS);
          expect(systemOf(text || null, Array(n).fill(largest)).length).toBeLessThanOrEqual(MOST_ADDED_CHARACTERS);
        }
        const [first] = known;
        const shared = first && sharedGuidance(first);
        expect(shared?.text.length ?? 0).toBeLessThanOrEqual(GUIDANCE_CHARACTERS);
      }),
      { numRuns: 300 },
    );
  });

  it("leaves out the examples first, and of the lessons those that serve least, each whole", () => {
    const lessons = Array.from({ length: 12 }, (_, i) => `${i} ${"x".repeat(394)} end ${i % 10}`);
    const guidance = composeGuidance([contextOf({ topic: "t", categories: ["tone"], lessons })], {})?.text ?? "";
    const kept = guidance.split("\n").filter((line) => line.startsWith("- "));
    expect(kept.length).toBeGreaterThan(3);
    // The pinned one first, then in their order; none of them cut.
    expect(kept).toEqual([lessons[11], ...lessons.slice(0, kept.length - 1)].map((text) => `- ${text}`));
    const system = systemOf(guidance, [largest, largest, largest]);
    expect(system.startsWith(guidance)).toBe(true);
    expect(system).toContain("example_reply_2");
    expect(system).not.toContain("example_message_3");
  });

  it("takes an example that just fits, and not one that is a character too long", () => {
    const frame = systemOf(null, [example(1, 1)]).length - 2;
    const fitting = MOST_ADDED_CHARACTERS - frame - 1;
    expect(systemOf(null, [example(1, fitting)])).toHaveLength(MOST_ADDED_CHARACTERS);
    expect(systemOf(null, [example(1, fitting + 1)])).toBe("");
  });

  it("has no more of an explanation than it may, and no half character or placeholder at its end", () => {
    const category = { failure_category: "tone" };
    const of = (text: string) => {
      // Two customers', or it would not serve.
      const told = ["Where is my refund?", "Nothing works since Monday."].map((message, n) => ({
        ...{ id: `${n}`, customerKey: `${n}`, message, text },
        ...category,
      }));
      return chooseLessons(told, [category])[0]?.text ?? "";
    };
    const words = (length: number) => "so on ".repeat(length).slice(0, length);
    expect(of(`${words(EXPLANATION_CHARACTERS - 1)}!`)).toHaveLength(EXPLANATION_CHARACTERS);
    expect(of(`${words(EXPLANATION_CHARACTERS - 1)}!!`)).toHaveLength(EXPLANATION_CHARACTERS);
    for (const end of ["[EMAIL_12] is it", "👋👋👋👋👋👋", "[PHONE_1][CARD_1]"]) {
      for (let before = EXPLANATION_CHARACTERS - 20; before < EXPLANATION_CHARACTERS + 1; before++) {
        const text = of(`${words(before)}${end}`);
        expect(text).not.toBe("");
        expect(text.length).toBeLessThanOrEqual(EXPLANATION_CHARACTERS);
        expect(text.isWellFormed()).toBe(true);
        expect(text.replaceAll(/\[[A-Z]+_\d+\]/g, "")).not.toMatch(/[[_]/);
      }
    }
  });

  it("cuts no other text than before: brackets that a person wrote stay", () => {
    expect(excerpt("[see below] and more", 15)).toBe("[see below] an…");
  });

  it("has no more of an example than it may", async () => {
    const long = (word: string, rest = "and so on ") => `${word} ${rest.repeat(4_000)}`;
    const model = modelThat(({ isRating, section }) =>
      isRating ? rating(section("reply_to_rate").startsWith("Better") ? 90 : 20) : long("Better", "by and by "),
    );
    const world = createWorld({ model });
    const topic = `long-${crypto.randomUUID()}`;
    await world.correctAll(aFailure({ topic, original_prompt: long("Where"), failure_explanation: null }));
    const { id = "" } = (await findCluster(world.services.db, topic)) ?? {};
    const { examples } = await buildContext(world.services.db, { cluster_id: id }, null, {
      minGain: 1,
      needApproval: false,
    });
    expect(examples).toHaveLength(1);
    expect(examples[0]?.customer_message).toMatch(/^Where and so on/);
    expect(examples[0]?.customer_message.length).toBeLessThanOrEqual(EXAMPLE_MESSAGE_CHARACTERS);
    expect(examples[0]?.reply.length).toBeGreaterThan(EXAMPLE_REPLY_CHARACTERS - 20);
    expect(examples[0]?.reply.length).toBeLessThanOrEqual(EXAMPLE_REPLY_CHARACTERS);
  });
});
