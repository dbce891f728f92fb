import { describe, expect, it } from "vitest";
import { Crasher, type Mode, type Moment } from "../support/crashing.ts";
import { goodModel } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";
import { expectAllWell, settle } from "./invariant.ts";

/** Recording, fanning out, correcting and storing, with every operation on the outside world counted. */
async function play(crasher: Crasher, inputs: ReturnType<typeof aFailure>[], topic: string, lossy: boolean) {
  const world = createWorld();
  const healthy = world.services;
  world.services = crasher.wrap({ ...healthy });
  const body = inputs.map((input) => JSON.stringify(input)).join("\n");
  const ndjson = { "content-type": "application/x-ndjson" };
  await world.call("POST", "/v1/failures", body, ndjson);
  await world.call("POST", "/v1/correction-runs", { topic });
  await world.deliver();
  // The machine starts again. What lived in memory is gone; a caller that got no 2xx sends the same again.
  world.services = { ...healthy, model: goodModel() };
  if (lossy) {
    world.corrections.take();
    world.jobs.take();
  }
  const again = await world.call("POST", "/v1/failures", body, ndjson);
  expect(await again.json()).toMatchObject({ received: inputs.length, rejected: 0 });
  await world.call("POST", "/v1/correction-runs", { topic });
  await settle(world);
  const { data } = await world.json("GET", `/v1/failures?topic=${topic}`);
  const ids: string[] = data.map(({ id }: { id: string }) => id);
  expect(ids).toHaveLength(inputs.length);
  await expectAllWell(world, ids);
}

const failures = (topic: string) => [aFailure({ topic }), aFailure({ topic })];

describe("a crash", () => {
  it.each<[Mode, Moment]>([
    ["once", "before"],
    ["once", "after"],
    ["dead", "before"],
    ["dead", "after"],
  ])(
    "(%s, %s the operation) at any operation at all loses nothing and does nothing twice",
    async (mode, moment) => {
      const calm = new Crasher(null);
      const first = `calm-${crypto.randomUUID()}`;
      await play(calm, failures(first), first, false);
      expect(calm.count).toBeGreaterThan(20);
      for (let at = 1; at <= calm.count; at++) {
        const topic = `crash-${crypto.randomUUID()}`;
        await play(new Crasher({ at, moment, mode }), failures(topic), topic, mode === "dead");
      }
      console.log(`${calm.count} crash points, ${mode}, ${moment}`);
    },
    120_000,
  );
});
