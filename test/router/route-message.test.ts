import { describe, expect, it } from "vitest";
import { seeded } from "../../dev/lib/seeded.ts";
import { calibrate, confidenceOf, type HeldOut } from "../../src/router/calibrate.ts";
import { routeMessage } from "../../src/router/route-message.ts";
import { trainRouter } from "../../src/router/train-router.ts";
import type { RouterExample } from "../../src/router/training-set.ts";
import { madeUpMessages } from "./messages.ts";

function train(examples: RouterExample[]) {
  const model = trainRouter(examples);
  if (model === null) throw new Error("no model");
  return model;
}

describe("routing a message", () => {
  const model = train(madeUpMessages(40));

  it("a message unlike anything seen gets no topic", () => {
    for (const text of ["Wie wird das Wetter morgen?", "sing a song about penguins", "東京の天気", "zzz qqq xxx"]) {
      expect(routeMessage(model, text).topic, text).toBeNull();
    }
  });

  it("nearly all messages like those seen get one", () => {
    const tests = madeUpMessages(40, 5);
    const named = tests.filter(({ text }) => routeMessage(model, text).topic !== null);
    expect(named.length / tests.length).toBeGreaterThan(0.9);
  });

  it.each([0.25, 1, 4])("a topic that is likelier wrong than its cost of %d allows is not named", (cost) => {
    const texts = [...madeUpMessages(20, 8).map(({ text }) => text), "card", "hello", "refund of my password"];
    for (const text of texts) {
      const { topic, confidence } = routeMessage(model, text, cost);
      if (topic !== null) expect(confidence, text).toBeGreaterThanOrEqual(cost / (1 + cost));
    }
    const named = (at: number) => texts.filter((text) => routeMessage(model, text, at).topic !== null).length;
    expect(named(cost)).toBeGreaterThan(0);
    expect(named(cost)).toBeGreaterThanOrEqual(named(2 * cost));
  });

  it("what is unlike anything seen is not named, even where a wrong topic costs nothing", () => {
    expect(routeMessage(model, "sing a song about penguins", 0).topic).toBeNull();
    expect(routeMessage(model, "my new card has not arrived", 0).topic).toBe("card_arrival");
  });

  it("a message without words gets no topic and no confidence", () => {
    expect(routeMessage(model, " …?! ")).toEqual({ topic: null, confidence: 0, candidates: [], runnerUp: null });
  });

  it("candidates are distinct, in order, and never add up to more than one", () => {
    const texts = [
      ...madeUpMessages(20, 3).map(({ text }) => text),
      "card",
      "hello",
      "refund of my password",
      "😡",
      "x",
    ];
    for (const text of texts) {
      const { candidates, confidence } = routeMessage(model, text);
      const values = candidates.map((candidate) => candidate.confidence);
      expect(values[0]).toBe(confidence);
      expect(new Set(candidates.map(({ topic }) => topic)).size).toBe(3);
      expect(values).toEqual([...values].sort((a, b) => b - a));
      expect(values.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(1 + 1e-9);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    }
  });

  it("a runner-up is named only where the margin is small", () => {
    expect(routeMessage(model, "my new card has not arrived").runnerUp).toBeNull();
    const cards = madeUpMessages(20).filter(({ topic }) => topic === "card_arrival");
    const others = madeUpMessages(20).filter(({ topic }) => topic !== "card_arrival");
    const between = train([
      ...others,
      ...cards.map(({ text }) => ({ text, topic: "team_a" })),
      ...cards.map(({ text }) => ({ text, topic: "team_b" })),
    ]);
    const route = routeMessage(between, "my new card has not arrived", 0);
    expect([route.topic, route.runnerUp].sort()).toEqual(["team_a", "team_b"]);
    // Each is as likely wrong as right: at the usual cost that is no reason to name one.
    expect(routeMessage(between, "my new card has not arrived")).toMatchObject({ topic: null, runnerUp: null });
  });

  it("a huge message costs no more than a long one", () => {
    const huge = "my card has not arrived. ".repeat(50_000);
    expect(routeMessage(model, huge)).toEqual(routeMessage(model, huge.slice(0, 2_000)));
  });

  it.each([
    ["Japanese", "カードが届きません", "返金はまだですか", "新しいカードがまだ届かない", "返金を待っています"],
    ["Arabic", "لم تصل بطاقتي", "أين المبلغ المسترد", "بطاقتي الجديدة لم تصل", "أنتظر المبلغ المسترد"],
    ["German", "meine Karte ist nicht da", "wo bleibt die Rückzahlung", "Karte noch nicht da", "Rückzahlungen fehlen"],
    ["Greek", "δεν ήρθε η κάρτα", "πού είναι η επιστροφή χρημάτων", "η κάρτα μου δεν ήρθε", "επιστροφή χρημάτων"],
    ["emoji", "💳😡", "💸🔙", "😡💳", "🔙💸"],
  ])("%s is learned like any other script", (_, card, refund, askCard, askRefund) => {
    const small = train([
      { text: card, topic: "a" },
      { text: refund, topic: "b" },
    ]);
    expect(routeMessage(small, askCard).candidates[0]?.topic).toBe("a");
    expect(routeMessage(small, askRefund).candidates[0]?.topic).toBe("b");
  });
});

describe("calibration", () => {
  function heldOut(
    values: number[],
    right: (value: number, i: number) => boolean,
    lead: (value: number, i: number) => number = () => 0,
  ): HeldOut {
    const messages = values.map((value, i) => ({
      ...{ topic: 0, winner: right(value, i) ? 0 : 1 },
      ...{ ownScore: value, topScore: value, lead: lead(value, i), share: 0, commonness: 0, unknown: null },
    }));
    return { messages, wordings: values.length };
  }
  const usual = new Float32Array(2);
  const random = seeded(4);
  const values = Array.from({ length: 4_000 }, () => 8 * random() - 4);

  it("finds the curve that the outcomes follow", () => {
    const found = calibrate(
      heldOut(values, (value) => random() < 1 / (1 + Math.exp(-(1.5 * value + 0.5)))),
      usual,
    );
    expect(found.slope).toBeGreaterThan(1.35);
    expect(found.slope).toBeLessThan(1.65);
    expect(Math.abs(found.offset - 0.5)).toBeLessThan(0.2);
  });

  it("finds how much the lead over the second tells", () => {
    const leads = values.map(() => 2 * random());
    const found = calibrate(
      heldOut(
        values,
        (value, i) => random() < 1 / (1 + Math.exp(-(value + 2 * (leads[i] as number) - 1))),
        (_, i) => leads[i] as number,
      ),
      usual,
    );
    expect(found.slope).toBeGreaterThan(0.85);
    expect(found.slope).toBeLessThan(1.15);
    expect(found.leadSlope).toBeGreaterThan(1.7);
    expect(found.leadSlope).toBeLessThan(2.3);
  });

  it("what looks like messages of topics that nobody recorded gets less confidence", () => {
    const known = heldOut(values, () => true);
    const asUnknown = (value: number) => ({ winner: 0, topScore: value, lead: 0, share: 0, commonness: 0 });
    const messages = known.messages.map((one) => ({ ...one, unknown: asUnknown(one.topScore - 4) }));
    const [without, allowing] = [calibrate(known, usual), calibrate({ ...known, messages }, usual)];
    for (const value of [-4, -2, 0]) {
      expect(confidenceOf(allowing, value, 0)).toBeLessThan(confidenceOf(without, value, 0));
    }
    expect(confidenceOf(allowing, -3, 0)).toBeLessThan(0.85);
    expect(confidenceOf(allowing, 3, 0)).toBeGreaterThan(0.95);
  });

  it("a lead never means less confident, even where the data says so", () => {
    const found = calibrate(
      heldOut(
        values,
        (_, i) => i % 2 === 0,
        (_, i) => i % 2,
      ),
      usual,
    );
    expect(found.leadSlope).toBe(0);
  });

  it("more familiar never means less confident, even where the data says so", () => {
    const against = calibrate(
      heldOut(values, (value) => value < 0),
      usual,
    );
    expect(against.slope).toBeGreaterThan(0);
  });

  it.each([true, false])("all answers %s does not make it certain", (outcome) => {
    const found = calibrate(
      heldOut([1, 2, 3], () => outcome),
      usual,
    );
    const confidence = confidenceOf(found, 2, 0);
    expect(confidence).toBeGreaterThan(0.05);
    expect(confidence).toBeLessThan(0.95);
  });

  it("the threshold costs the wanted share of right answers, however many wrong ones lie below it", () => {
    const { threshold } = calibrate(
      heldOut(values, (value) => value > -2),
      usual,
      0.1,
    );
    const right = values.filter((value) => value > -2);
    expect(right.filter((value) => value >= threshold).length / right.length).toBeCloseTo(0.9, 2);
  });

  it("the lowest of a few values is no limit for what comes next", () => {
    const few = [1.2, 1.5, 1.8, 2.1, 2.4];
    const { threshold } = calibrate(
      heldOut(few, () => true),
      usual,
    );
    expect(threshold).toBeLessThan(0.5);
    expect(threshold).toBeGreaterThan(-2);
  });
});
