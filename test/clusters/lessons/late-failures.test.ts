import { beforeEach, describe, expect, it } from "vitest";
import { findCluster } from "../../../src/clusters/topics/topics.ts";
import { modelThat, REWRITE, rating } from "../../support/model.ts";
import { aFailure, askAndRun, createWorld } from "../../support/world.ts";

const told: string[] = [];
beforeEach(() => {
  told.length = 0;
});

function aWorld() {
  const model = modelThat(({ isRating, section, request }) => {
    if (isRating) return rating(section("reply_to_rate") === REWRITE ? 90 : 30);
    if (request.answer?.name !== "lesson_changes") return REWRITE;
    told.push(section("new_failures"));
    return JSON.stringify({ changes: [] });
  });
  const world = createWorld({ model });
  const learn = async (topic: string) => {
    world.now += 3_600_000;
    await askAndRun(world, "distill", (await findCluster(world.services.db, topic))?.id ?? "");
  };
  return { world, learn, topics: [crypto.randomUUID(), crypto.randomUUID()] as const };
}

const three = (topic: string, word: string, given: object = {}) =>
  ["red hat", "blue scarf", "old boots"].map((thing) =>
    aFailure({ topic, original_prompt: `${word}, the ${thing}`, ...given }),
  );

const timesTold = (word: string) => told.join().split(word).length - 1;

describe("a failure that comes after lessons were learned from newer ones", () => {
  it("is read though it came by a merge, and once", async () => {
    const { world, learn, topics } = aWorld();
    const [older, newer] = topics;
    await world.correctAll(...three(older, "OLDER"));
    await world.correctAll(...three(newer, "NEWER"));
    await learn(newer);
    await world.json("POST", `/v1/clusters/${older}/merge`, { into: newer });
    await world.deliver();
    expect(timesTold("OLDER")).toBe(0);
    await learn(newer);
    expect(timesTold("OLDER")).toBe(3);
    await learn(newer);
    expect([timesTold("OLDER"), timesTold("NEWER")]).toEqual([3, 3]);
  });

  it("is read though it came by a split", async () => {
    const { world, learn, topics } = aWorld();
    const [older, newer] = topics;
    await world.correctAll(...three(older, "OLDER", { failure_category: "tone" }));
    await world.correctAll(...three(newer, "NEWER"));
    await learn(newer);
    await world.json("POST", `/v1/clusters/${older}/split`, { into: newer, failure_category: "tone" });
    await learn(newer);
    expect(timesTold("OLDER")).toBe(3);
  });

  it("is read though its correction ended later, and once", async () => {
    const { world, learn, topics } = aWorld();
    const [topic] = topics;
    await world.record(...three(topic, "OLDER"));
    await world.record(...three(topic, "NEWER", { failure_category: topic }));
    await world.json("POST", "/v1/correction-runs", { failure_category: topic });
    await world.deliver();
    await learn(topic);
    const first = timesTold("OLDER");
    await world.json("POST", "/v1/correction-runs", { topic });
    await world.deliver();
    await learn(topic);
    await learn(topic);
    expect([first, timesTold("OLDER"), timesTold("NEWER")]).toEqual([0, 3, 3]);
  });
});
