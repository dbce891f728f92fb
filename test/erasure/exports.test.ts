import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { eraseFailures } from "../../src/erasure/erase-failures.ts";
import { deleteAll } from "../../src/exports/checkpoint.ts";
import { EXPORT_LIMITS } from "../../src/exports/export-state.ts";
import { writeExport } from "../../src/exports/write-export.ts";
import type { Services } from "../../src/services.ts";
import { readFile } from "../exports/a-file.ts";
import { clearAll, failureId, insertImprovements } from "../exports/rows.ts";
import { createWorld, runJob, type World } from "../support/world.ts";
import { whereIs } from "./scan.ts";

const ERASED = failureId(8);
const TEXT = "Answer 8 ";

/** A message of an export that reads some of its rows. */
const PIECE = { ...EXPORT_LIMITS, pageRows: 20, pagesPerMessage: 1 };
const write = (services: Services, id: string) =>
  runJob(services, "export", id, (given, held) => writeExport(given, held, PIECE));

/** An R2 in which a kind of call fails from the n-th on: the worker is dead. */
function dying(bucket: R2Bucket, call: "put" | "delete", nth: number): R2Bucket {
  let calls = 0;
  return new Proxy(bucket, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name === call) calls += 1;
      if (calls >= nth) {
        return () => {
          throw new Error("dead");
        };
      }
      return value.bind(target);
    },
  });
}

describe("an erasure, of an export that holds its text,", () => {
  let world: World;
  let id: string;
  beforeEach(async () => {
    world = createWorld();
    await clearAll();
    await deleteAll(env.EXPORTS, "exports/");
    await env.DB.batch(["erasures", "jobs"].map((table) => env.DB.prepare(`delete from ${table}`)));
    await insertImprovements(60, 30);
    id = (await world.json("POST", "/v1/exports", { validation_fraction: 0.2 })).id;
    world.jobs.take();
  });
  afterEach(() => vi.restoreAllMocks());

  const erase = () => world.json("DELETE", `/v1/failures/${ERASED}`);
  const status = async () => (await world.json("GET", `/v1/exports/${id}`)).status;

  /** The file is written to its end, without the text and with that of the others. */
  async function writesTheRest(): Promise<void> {
    world.now += 3_600_000;
    await world.sweep();
    await world.deliver();
    expect(await status()).toBe("done");
    const files = await Promise.all(
      ["training_data.jsonl", "validation_data.jsonl"].map((name) => readFile(world, id, name)),
    );
    expect(files.join("")).toContain("Answer 6 ");
    expect(await whereIs(TEXT)).toEqual([]);
  }

  it("reaches one that is queued", async () => {
    expect(await erase()).toMatchObject({ state: "done", exports: [] });
    await writesTheRest();
  });

  it("reaches one between two of its pieces, what was written of it included", async () => {
    await write(world.services, id);
    expect(await status()).toBe("running");
    expect(await whereIs(TEXT)).not.toEqual(["D1 ai_reply_improvements"]);
    expect(await erase()).toMatchObject({ state: "done", exports: [] });
    expect(await whereIs(TEXT)).toEqual([]);
    await writesTheRest();
  });

  it("reaches what a worker wrote that died before its first checkpoint", async () => {
    // It dies between its first objects and the checkpoint that would name them.
    const db = new Proxy(world.services.db, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "batch") return value.bind(target);
        return () => {
          throw new Error("dead");
        };
      },
    });
    await runJob(world.services, "export", id, (given, held) => writeExport({ ...given, db }, held, PIECE));
    expect(await status()).toBe("running");
    await erase();
    expect(await whereIs(TEXT)).toEqual([]);
    await writesTheRest();
  });

  it("reaches one that is done, keeps its list, and has it rebuilt without the text", async () => {
    await write(world.services, id);
    await writesAll();
    expect(await erase()).toMatchObject({ state: "done", exports: [{ id, rebuild: `/v1/exports/${id}/rebuild` }] });
    expect(await world.json("GET", `/v1/exports/${id}`)).toMatchObject({ status: "done", stale: true });
    expect(await readFile(world, id, "improvements.jsonl")).toContain(ERASED);
    expect(await whereIs(TEXT)).toEqual([]);
    expect((await world.call("POST", `/v1/exports/${id}/rebuild`)).status).toBe(202);
    await writesTheRest();
  });

  it("reaches one that is done, and what its worker did not live to tidy up", async () => {
    world.services.bucket = dying(env.EXPORTS, "delete", 1);
    await writesAll();
    world.services.bucket = env.EXPORTS;
    expect(await status()).toBe("done");
    await erase();
    expect(await whereIs(TEXT)).toEqual([]);
  });

  it("reaches one that is being rebuilt", async () => {
    await writesAll();
    await world.call("POST", `/v1/exports/${id}/rebuild`);
    world.jobs.take();
    await write(world.services, id);
    expect(await status()).toBe("running");
    await erase();
    expect(await whereIs(TEXT)).toEqual([]);
    await writesTheRest();
  });

  it("reaches one that failed, and one that was cancelled, whose worker died before it tidied up", async () => {
    await write(world.services, id);
    world.services.bucket = dying(env.EXPORTS, "delete", 1);
    expect((await world.call("POST", `/v1/exports/${id}/cancel`)).status).toBe(500);
    world.services.bucket = env.EXPORTS;
    expect(await status()).toBe("cancelled");
    expect((await whereIs(TEXT)).length).toBeGreaterThan(1);
    await erase();
    expect(await whereIs(TEXT)).toEqual([]);
    expect((await world.call("POST", `/v1/exports/${id}/rebuild`)).status).toBe(202);
    await writesTheRest();
  });

  it("leaves one alone that never held it", async () => {
    await writesAll();
    const before = await readFile(world, id, "training_data.jsonl");
    // Left out, because its rewrite gained nothing.
    expect(await world.json("DELETE", `/v1/failures/${failureId(14)}`)).toMatchObject({ exports: [] });
    expect(await readFile(world, id, "training_data.jsonl")).toBe(before);
    expect(await world.json("GET", `/v1/exports/${id}`)).toMatchObject({ stale: false });
  });

  it("has an export begin again once for many failures, and names what held each of them", async () => {
    await write(world.services, id);
    const ids = [1, 2, 3, 4, 5, 8].map(failureId);
    const { results: before } = await env.DB.prepare("select begun from exports").all<{ begun: number }>();
    expect((await eraseFailures(world.services, [...ids, crypto.randomUUID()])).toSorted()).toEqual(ids);
    const { results: after } = await env.DB.prepare("select begun from exports").all<{ begun: number }>();
    expect(after[0]?.begun).toBe((before[0]?.begun ?? 0) + 1);
    await writesTheRest();
    const more = [10, 14, 16].map(failureId);
    await eraseFailures(world.services, more);
    const held = await Promise.all(more.map((one) => world.json("GET", `/v1/erasures/${one}`)));
    expect(held.map(({ exports }) => exports.length)).toEqual([1, 0, 1]);
  });

  async function writesAll(): Promise<void> {
    for (let i = 0; i < 8 && (await status()) !== "done"; i++) {
      world.now += 60_000;
      await world.sweep();
      await world.deliver();
    }
    expect(await status()).toBe("done");
  }
});
