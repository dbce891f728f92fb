import { describe, expect, it } from "vitest";
import { seeded, shuffled } from "../../dev/lib/seeded.ts";
import { routeMessage } from "../../src/router/route-message.ts";
import { trainRouter } from "../../src/router/train-router.ts";
import type { RouterExample } from "../../src/router/training-set.ts";
import { pick } from "./messages.ts";

const TOPICS = 24;
const WORDS_A_TOPIC = 12;
const COMMON = 40;

/** A word that shares few pieces with others. */
function word(random: () => number): string {
  return Array.from({ length: 3 }, () => pick([..."bdfghklmnprstvz"], random) + pick([..."aeiou"], random)).join("");
}

/** Topics that share words with their neighbours, so that some messages cannot be told apart. */
function hardMessages(perTopic: number, seed: number): RouterExample[] {
  const vocabulary = seeded(77);
  const common = Array.from({ length: COMMON }, () => word(vocabulary));
  const own = Array.from({ length: TOPICS }, () => Array.from({ length: WORDS_A_TOPIC }, () => word(vocabulary)));
  const random = seeded(seed);
  return own.flatMap((words, topic) =>
    Array.from({ length: perTopic }, () => {
      const near = own[(topic + 1) % TOPICS] ?? words;
      const said = Array.from({ length: 7 }, () => {
        const chance = random();
        return pick(chance < 0.2 ? words : chance < 0.35 ? near : common, random);
      });
      return { topic: `${topic}`, text: said.join(" ") };
    }),
  );
}

describe("the router's confidence", () => {
  const asked = shuffled(hardMessages(25, 9), seeded(3));

  it.each([5, 10, 40])("is as high as its answers are right, with %d messages a topic", (perTopic) => {
    const model = trainRouter(hardMessages(perTopic, 1));
    if (model === null) throw new Error("no model");
    const judged = asked.map(({ text, topic }) => {
      const { candidates, confidence, topic: named } = routeMessage(model, text);
      return { right: candidates[0]?.topic === topic, confidence, named: named !== null };
    });
    const right = judged.filter((one) => one.right).length / judged.length;
    const sure = judged.reduce((sum, { confidence }) => sum + confidence, 0) / judged.length;
    // Hard enough to tell: neither all right nor all wrong.
    expect(right).toBeGreaterThan(0.15);
    expect(right).toBeLessThan(0.9);
    // It allows for unknown topics, so it may be a little below.
    expect(sure).toBeGreaterThan(right - 0.1);
    expect(sure).toBeLessThan(right + 0.05);
    const named = judged.filter((one) => one.named);
    expect(named.length).toBeGreaterThan(0);
    // Naming pays: more of those named are right than wrong, and what was not named would not have.
    expect(named.filter((one) => one.right).length).toBeGreaterThan(named.length / 2);
    const rest = judged.filter((one) => !one.named);
    expect(rest.filter((one) => one.right).length).toBeLessThan(rest.length / 2);
  });
});
