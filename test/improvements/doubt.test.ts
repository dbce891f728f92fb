import { describe, expect, it } from "vitest";
import type { JudgeSample } from "../../src/db/schema/judge.ts";
import { pairwiseResult } from "../../src/judge/compare-replies.ts";
import { isUsableReference } from "../../src/judge/rate-reply.ts";
import { comparison, goodModel, modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld, type World } from "../support/world.ts";

async function onlyImprovement(world: World, topic: string) {
  const { data } = await world.json("GET", `/v1/improvements?topic=${topic}`);
  expect(data.length).toBeLessThanOrEqual(1);
  return data[0];
}

const newTopic = () => `trust-${crypto.randomUUID()}`;

describe("the comparison of two replies", () => {
  it("is asked in both orders, blind, and won when both say so", async () => {
    const model = goodModel();
    const world = createWorld({ model });
    const topic = newTopic();
    await world.correctAll(aFailure({ topic }));
    expect((await onlyImprovement(world, topic)).pairwise).toBe("won");
    expect(model.comparisons.map(({ section }) => section("reply_a")).toSorted()).toEqual([
      "Please check our website.",
      REWRITE,
    ]);
    const prompts = model.comparisons.map(({ request, section }) =>
      JSON.stringify(request)
        .replace(JSON.stringify(section("reply_a")).slice(1, -1), "")
        .replace(JSON.stringify(section("reply_b")).slice(1, -1), ""),
    );
    expect(prompts[0]).toBe(prompts[1]);
  });

  it("is a tie when the judge flips with the order", async () => {
    const model = modelThat(
      ({ isRating }) => (isRating ? rating(50) : REWRITE),
      () => comparison("A"),
    );
    const world = createWorld({ model });
    const topic = newTopic();
    await world.correctAll(aFailure({ topic }));
    expect((await onlyImprovement(world, topic)).pairwise).toBe("tie");
  });

  it("is unknown, and costs no rating, when the judge gives no usable verdict", async () => {
    const model = modelThat(
      ({ isRating }) => (isRating ? rating(50) : REWRITE),
      () => "Both are nice.",
    );
    const world = createWorld({ model });
    const topic = newTopic();
    await world.correctAll(aFailure({ topic }));
    expect(await onlyImprovement(world, topic)).toMatchObject({ pairwise: "unknown", new_rating: 50 });
  });

  it("is lost only when both orders prefer the old reply", () => {
    const old = { first: "old", reasons: "", winner: "old" } as const;
    expect(pairwiseResult([old, { ...old, first: "new" }])).toBe("lost");
    expect(pairwiseResult([old, { ...old, first: "new", winner: "tie" }])).toBe("tie");
    expect(pairwiseResult([old])).toBe("unknown");
  });
});

describe("an agent's reply that is no reference", () => {
  const judgeSays = (usable: unknown) =>
    modelThat(({ isRating }) =>
      isRating ? JSON.stringify({ ...JSON.parse(rating(50)), usable_reference: usable }) : REWRITE,
    );

  it("leaves the failure to a person and stores no improvement", async () => {
    const world = createWorld({ model: judgeSays(false) });
    const topic = newTopic();
    const [id] = await world.correctAll(aFailure({ topic, agent_reply: "Fixed, see your messages." }));
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({
      status: "needs_human",
      reason_code: "unusable_reference",
    });
    expect(await onlyImprovement(world, topic)).toBeUndefined();
  });

  it.each([[true], [undefined], ["perhaps"]])("is not supposed where the judge says %s", async (usable) => {
    const world = createWorld({ model: judgeSays(usable) });
    const [id] = await world.correctAll(aFailure());
    expect((await world.json("GET", `/v1/failures/${id}`)).status).toBe("improved");
  });

  it("takes a majority of the samples", () => {
    const said = (usable_reference: boolean | null): JudgeSample => ({ ...JSON.parse(rating(1)), usable_reference });
    expect(isUsableReference([])).toBe(true);
    expect(isUsableReference([said(false), said(true)])).toBe(true);
    expect(isUsableReference([said(false), said(null)])).toBe(false);
    expect(isUsableReference([said(false), said(false), said(true)])).toBe(false);
  });
});

describe("several samples", () => {
  it("are averaged, with the spread kept", async () => {
    let asked = 0;
    const model = modelThat(({ isRating, section }) => {
      if (!isRating) return REWRITE;
      return section("reply_to_rate") === REWRITE ? rating(asked++ % 2 === 0 ? 80 : 90) : rating(40);
    });
    const world = createWorld({ model, vars: { JUDGE_SAMPLES: "4" } });
    const topic = newTopic();
    await world.correctAll(aFailure({ topic }));
    const row = await onlyImprovement(world, topic);
    expect(row).toMatchObject({ old_rating: 40, new_rating: 85, score_gain_estimate: 45 });
    expect(row.gain_spread).toBeCloseTo(Math.sqrt(100 / 3 / 4), 5);
  });
});
