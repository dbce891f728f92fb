import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { clearAll, failureId, insertImprovements } from "../exports/rows.ts";
import { aFailure, createWorld } from "../support/world.ts";

const count = async (table: string) =>
  (await env.DB.prepare(`select count(*) as n from ${table}`).first<{ n: number }>())?.n;

describe("FAILURE_RETENTION_DAYS", () => {
  beforeEach(async () => {
    await clearAll();
    const tables = ["erasures", "jobs", "router_training"];
    await env.DB.batch(tables.map((table) => env.DB.prepare(`delete from ${table}`)));
  });

  const aWorld = (days: string) => createWorld({ vars: { FAILURE_RETENTION_DAYS: days } });

  it("keeps every failure where it is not set", async () => {
    const world = aWorld("");
    await insertImprovements(3, 30);
    await world.sweep();
    expect(await count("failed_replies")).toBe(3);
  });

  it("erases what was recorded too long ago, whenever it is said to have happened", async () => {
    const world = aWorld("30");
    await insertImprovements(3, 30);
    const [young] = await world.record(aFailure({ occurred_at: "2020-01-01T00:00:00Z" }));
    await world.sweep();
    const { data } = await world.json("GET", "/v1/failures");
    expect(data.map(({ id }: { id: string }) => id)).toEqual([young]);
    const erasures = await world.json("GET", "/v1/erasures?limit=2");
    expect(erasures.data.map(({ id }: { id: string }) => id)).toEqual([failureId(2), failureId(1)]);
    const next = await world.json("GET", `/v1/erasures?limit=2&cursor=${erasures.next_cursor}`);
    expect(next).toMatchObject({ data: [{ id: failureId(0), state: "done" }], next_cursor: null });
    world.now += 31 * 24 * 3_600_000;
    await world.sweep();
    expect(await count("failed_replies")).toBe(0);
  });

  it("erases a bounded number a minute, as one batch each, and lets an export end in between", async () => {
    const world = aWorld("30");
    await insertImprovements(620, 30);
    await world.sweep();
    expect(await count("failed_replies")).toBe(120);
    expect(await count("(select distinct batch_id from erasures)")).toBe(1);
    // An erasure would have it begin again.
    const { id } = await world.json("POST", "/v1/exports", {});
    world.now += 60_000;
    await world.sweep();
    expect(await count("failed_replies")).toBe(120);
    await world.deliver();
    expect(await world.json("GET", `/v1/exports/${id}`)).toMatchObject({ status: "done", stale: false });
    world.now += 60_000;
    await world.sweep();
    expect(await count("failed_replies")).toBe(0);
    expect(await world.json("GET", `/v1/exports/${id}`)).toMatchObject({ status: "done", stale: true });
    expect((await world.json("GET", `/v1/erasures/${failureId(619)}`)).exports).toMatchObject([{ id }]);
  });

  it("does not wait for an export longer than an hour", async () => {
    const world = aWorld("30");
    await insertImprovements(501, 30);
    await world.sweep();
    await world.json("POST", "/v1/exports", {});
    world.jobs.take();
    world.now += 59 * 60_000;
    await world.sweep();
    expect(await count("failed_replies")).toBe(1);
    world.now += 2 * 60_000;
    await world.sweep();
    expect(await count("failed_replies")).toBe(0);
  });

  it("erases no more while an erasure before is not finished", async () => {
    const world = aWorld("30");
    await insertImprovements(501, 30);
    const healthy = world.services.clusters;
    world.services.clusters = new Proxy(healthy, {
      get() {
        throw new Error("down");
      },
    });
    await world.sweep();
    world.now += 60_000;
    await world.sweep();
    expect(await count("failed_replies")).toBe(1);
    world.services.clusters = healthy;
    world.now += 3_600_000;
    await world.sweep();
    await world.deliver();
    world.now += 60_000;
    await world.sweep();
    expect(await count("failed_replies")).toBe(0);
    expect(await count("erasures where finished_at is null")).toBe(0);
  });
});
