import { describe, expect, it } from "vitest";
import { seeded, shuffled } from "../../dev/lib/seeded.ts";
import { routeMessage } from "../../src/router/route-message.ts";
import { encodeRouter } from "../../src/router/router-file.ts";
import { trainRouter, trainRouterGently, trainRouterInSteps } from "../../src/router/train-router.ts";
import {
  buildTrainingSet,
  likeRows,
  MAX_EXAMPLES_PER_TOPIC,
  type RouterExample,
  wordsOfTopic,
} from "../../src/router/training-set.ts";
import { madeUpMessages } from "./messages.ts";

function train(examples: RouterExample[]) {
  const model = trainRouter(examples);
  if (model === null) throw new Error("no model");
  return model;
}

describe("training the router", () => {
  it("the order of the failures does not change the model", () => {
    const examples = madeUpMessages(12);
    const bytes = encodeRouter(train(examples));
    expect(encodeRouter(train(shuffled(examples, seeded(7))))).toEqual(bytes);
    expect(encodeRouter(train([...examples].reverse()))).toEqual(bytes);
  });

  it("a failure recorded twice does not count twice", () => {
    const examples = madeUpMessages(8);
    expect(encodeRouter(train([...examples, ...examples]))).toEqual(encodeRouter(train(examples)));
  });

  it("pauses between the pieces change nothing, and there are pauses", async () => {
    const examples = madeUpMessages(6);
    let pauses = 0;
    const model = await trainRouterGently(examples, async () => {
      pauses++;
    });
    expect(pauses).toBeGreaterThan(20);
    expect(model).toEqual(trainRouter(examples));
  });

  it("two trainings that take turns do not disturb each other", () => {
    const one = madeUpMessages(6, 1);
    const two = madeUpMessages(6, 2);
    const a = trainRouterInSteps(one);
    const b = trainRouterInSteps(two);
    let [stepA, stepB] = [a.next(), b.next()];
    while (!stepA.done || !stepB.done) {
      if (!stepA.done) stepA = a.next();
      if (!stepB.done) stepB = b.next();
    }
    expect(stepA.value).toEqual(trainRouter(one));
    expect(stepB.value).toEqual(trainRouter(two));
  });

  it("new wordings are routed to the right topic", () => {
    const model = train(madeUpMessages(30));
    const tests = madeUpMessages(40, 99);
    const right = tests.filter(({ text, topic }) => routeMessage(model, text).candidates[0]?.topic === topic);
    expect(right.length / tests.length).toBeGreaterThan(0.97);
  });

  it("a topic with two failures is not drowned by one with many", () => {
    const large = madeUpMessages(300).filter(({ topic }) => topic === "card_arrival" || topic === "refund_status");
    const model = train([
      ...large,
      { topic: "exchange_rate", text: "your euro rate was worse than shown" },
      { topic: "exchange_rate", text: "the conversion to dollars is too expensive" },
    ]);
    expect(routeMessage(model, "The rate for dollars was worse than your app says").candidates[0]?.topic).toBe(
      "exchange_rate",
    );
  });

  it("the name of a topic helps from the first failure on", () => {
    const model = train([
      { topic: "lost_luggage", text: "nobody finds my suitcase" },
      { topic: "seatUpgrade", text: "I would like to sit in front" },
    ]);
    expect(routeMessage(model, "my luggage is lost").candidates[0]?.topic).toBe("lost_luggage");
    expect(routeMessage(model, "an upgrade of my seat").candidates[0]?.topic).toBe("seatUpgrade");
  });

  it("a topic's name is read as words, however it is written", () => {
    expect(["card_arrival", "cardArrival", "billing::vat-id", "Refund  status", "2FACode"].map(wordsOfTopic)).toEqual([
      "card arrival",
      "card Arrival",
      "billing vat id",
      "Refund status",
      "2 FACode",
    ]);
  });

  it("nothing to learn from is no model, not an error", () => {
    expect(trainRouter([])).toBeNull();
    expect(trainRouter([{ text: "?!", topic: "card_arrival" }])).toBeNull();
    expect(trainRouter([{ text: "my card", topic: "" }])).toBeNull();
  });

  it.each([
    ["one failure", [{ text: "my card", topic: "card" }]],
    ["one topic", madeUpMessages(9).map(({ text }) => ({ text, topic: "all" }))],
    ["one failure a topic", ["a b", "c d", "e f", "g h"].map((text, i) => ({ text, topic: `t${i}` }))],
    ["the same text everywhere", ["x", "y", "z"].map((topic) => ({ text: "help me", topic }))],
    ["a topic whose name is no word", [...madeUpMessages(2), { text: "wow", topic: "???" }]],
    ["a topic whose failures hold no word", [...madeUpMessages(2), { text: "...", topic: "empty" }]],
  ] satisfies [string, RouterExample[]][])("%s gives a model with sane numbers", (_, examples) => {
    const model = train(examples);
    const route = routeMessage(model, (examples[0] as RouterExample).text);
    expect(Object.values(model.calibration).every(Number.isFinite)).toBe(true);
    expect(route.confidence).toBeGreaterThan(0);
    expect(route.confidence).toBeLessThan(1);
  });

  it("failures that are nearly the same do not make every other wording strange", () => {
    const model = train(
      Array.from({ length: 18 }, (_, i) => [
        { topic: "refund_status", text: `Where is my refund for order ${1_000 + i * 37}?` },
        { topic: "card_arrival", text: `My card has not arrived yet, order ${2_000 + i * 53}.` },
      ]).flat(),
    );
    for (const [text, topic] of [
      ["Where is my refund?", "refund_status"],
      ["When will I get my refund", "refund_status"],
      ["card not arrived", "card_arrival"],
      ["My new card is still not here", "card_arrival"],
    ] as const) {
      expect(routeMessage(model, text).topic, text).toBe(topic);
    }
    for (const text of ["I forgot my password", "tell me a joke"]) {
      expect(routeMessage(model, text).topic, text).toBeNull();
    }
  });

  it("wordings that differ by a number are one, and other messages of the topic are not", () => {
    const set = buildTrainingSet([
      ...[17, 230, 9_111].map((order) => ({ topic: "late", text: `Where is my order ${order}? It should be here.` })),
      { topic: "late", text: "Nothing came by post today, and I was at home all day" },
      { topic: "other", text: "Where is my order 17? It should be here." },
    ]);
    const own = likeRows(set).filter((like, row) => like === row);
    // Two wordings of one topic, one of the other, and the two names.
    expect(own.length).toBe(5);
  });

  it("one busy topic does not push the others out", () => {
    const busy = Array.from({ length: MAX_EXAMPLES_PER_TOPIC + 200 }, (_, i) => ({
      topic: "busy",
      text: `order number ${i} is late`,
    }));
    const set = buildTrainingSet([...busy, { topic: "rare", text: "my card is lost" }]);
    expect(set.examples).toBe(MAX_EXAMPLES_PER_TOPIC + 1);
    expect(set.topics).toEqual(["busy", "rare"]);
  });
});
