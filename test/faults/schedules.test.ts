import { env, evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { describe, it } from "vitest";
import { scopeName } from "../../src/clusters/context/context.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { consumeCorrections } from "../../src/corrections/consume-corrections.ts";
import { JOBS } from "../../src/job-table.ts";
import { consumeJobs } from "../../src/jobs/consume-jobs.ts";
import { FAULTS, faultyModel } from "../support/faulty-server.ts";
import { aFailure, createWorld, deliverTo, type World } from "../support/world.ts";
import { expectAllWell, settle } from "./invariant.ts";

/** What may happen next, in any order and any number. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("record" as const), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("run" as const), redo: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("deliver" as const),
      pick: fc.nat(50),
      copies: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const), pick: fc.nat(50) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("evict" as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function play(world: World, topic: string, steps: Step[]): Promise<void> {
  for (const next of steps) {
    switch (next.do) {
      case "record":
        await world.record(...Array.from({ length: next.count }, () => aFailure({ topic })));
        break;
      case "run":
        await world.json("POST", "/v1/correction-runs", { topic, ...(next.redo && { redo: "failed" }) });
        break;
      case "deliver": {
        await deliverTo((batch) => consumeJobs(world.services, JOBS, batch), world.jobs.take());
        // Any message, not the oldest, several times at once: queues promise neither order nor once.
        const [message] = world.corrections.messages.splice(
          next.pick % Math.max(world.corrections.messages.length, 1),
          1,
        );
        const copies = message === undefined ? [] : Array.from({ length: next.copies }, () => message);
        await deliverTo((batch) => consumeCorrections(world.services, batch), copies);
        break;
      }
      case "lose":
        world.corrections.messages.splice(next.pick % Math.max(world.corrections.messages.length, 1), 1);
        break;
      case "wait":
        world.now += next.minutes * 60_000;
        await world.sweep();
        break;
      case "evict": {
        const cluster = await findCluster(world.services.db, topic);
        if (cluster === null) break;
        const stub = env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName({ cluster_id: cluster.id })));
        // An object that was never called has nothing to evict.
        await stub.read({ cluster_id: cluster.id });
        await evictDurableObject(stub);
      }
    }
  }
}

describe("any schedule", () => {
  it("of duplicates, reordering, losses, delays, evictions and faults ends well", async () => {
    const schedule = fc.record({
      steps: fc.array(step, { minLength: 5, maxLength: 25 }),
      faults: fc.array(
        fc.option(fc.constantFrom(...FAULTS.filter((fault) => fault !== "slow drip" && fault !== "no headers"))),
        { maxLength: 12 },
      ),
    });
    await fc.assert(
      fc.asyncProperty(schedule, async ({ steps, faults }) => {
        const topic = `schedule-${crypto.randomUUID()}`;
        const world = createWorld({ model: faultyModel((call) => faults[call - 1] ?? null) });
        await play(world, topic, [{ do: "record", count: 2 }, ...steps, { do: "run", redo: false }]);
        await settle(world);
        const { data } = await world.json("GET", `/v1/failures?topic=${topic}&limit=100`);
        await expectAllWell(
          world,
          data.map(({ id }: { id: string }) => id),
        );
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
