import { describe, expect, it } from "vitest";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { aFailure, createWorld } from "../support/world.ts";

describe("clusters that change while the queue takes no message", () => {
  it("answer what was committed, and the sweep does the rest", async () => {
    const world = createWorld();
    const refuse = () => Promise.reject(new Error("Queue is overloaded."));
    const [failure] = await world.record(
      aFailure({ topic: "deaf_a" }),
      aFailure({ topic: "deaf_b", original_prompt: "Another message." }),
    );
    world.jobs.sendBatch = refuse;
    world.jobs.send = refuse;
    for (const [from, change, body] of [
      ["deaf_a", "rename", { topic: "deaf_renamed" }],
      ["deaf_renamed", "split", { into: "deaf_moved", failure_ids: [failure] }],
      ["deaf_moved", "merge", { into: "deaf_b" }],
    ] as const) {
      const response = await world.call("POST", `/v1/clusters/${from}/${change}`, body);
      expect(response.ok, await response.clone().text()).toBe(true);
    }
    expect((await findCluster(world.services.db, "deaf_moved"))?.topic).toBe("deaf_b");
    Reflect.deleteProperty(world.jobs, "sendBatch");
    Reflect.deleteProperty(world.jobs, "send");
    world.now += 2 * 60_000;
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", `/v1/failures/${failure}`)).topic).toBe("deaf_b");
  });
});
