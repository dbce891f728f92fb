import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import type { ExportLimits } from "../../src/exports/export-state.ts";
import { EXPORT_LIMITS } from "../../src/exports/export-state.ts";
import { writeExport } from "../../src/exports/write-export.ts";
import type { Services } from "../../src/services.ts";
import { createWorld, runJob, type World } from "../support/world.ts";
import { checkTrainingFile } from "./check-training-file.ts";
import { clearAll, failureId, improvementId, insertImprovements, isPage } from "./rows.ts";

/** 24 MB: four parts of the smallest size that R2 takes, and a rest. */
const ROWS = 600;
const LONG = 42_000;
const LIMITS = { ...EXPORT_LIMITS, partBytes: 5 * 1024 * 1024, pageRows: 20 };

/** The bucket with something that happens before the `at`-th call of one kind, or instead of it. */
function bucketThat(
  kind: "uploadPart" | "put" | "complete",
  at: number,
  happens: () => void | Promise<void>,
): R2Bucket {
  let calls = 0;
  const hooked = (target: object): unknown =>
    new Proxy(target, {
      get(inner, name) {
        const value: unknown = Reflect.get(inner, name);
        if (typeof value !== "function") return value;
        return async (...given: unknown[]) => {
          if (name === kind && ++calls === at) await happens();
          return value.apply(inner, given);
        };
      },
    });
  return new Proxy(env.EXPORTS, {
    get(target, name) {
      if (name === "createMultipartUpload")
        return async (...given: Parameters<R2Bucket["createMultipartUpload"]>) =>
          hooked(await target.createMultipartUpload(...given));
      if (name === "resumeMultipartUpload")
        return (...given: [string, string]) => hooked(target.resumeMultipartUpload(...given));
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: unknown[]) => {
        if (name === kind && ++calls === at) await happens();
        return value.apply(target, given);
      };
    },
  });
}

/** The database whose `at`-th page of improvements cannot be read. */
function dbThatFails(at: number): World["services"]["db"] {
  let pages = 0;
  const { db } = createWorld().services;
  return new Proxy(db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        if (name === "select" && isPage(given) && ++pages === at) throw new Error("the network is down");
        return value.apply(target, given);
      };
    },
  });
}

const die = () => {
  throw new Error("the worker died");
};

async function start(world: World, options: object = {}): Promise<string> {
  const { id } = await world.json("POST", "/v1/exports", { validation_fraction: 0.2, min_gain: 1, ...options });
  world.jobs.take();
  return id;
}

/** One message of an export, with these limits. */
function write(services: Services, id: string, limits: ExportLimits): Promise<void> {
  return runJob(services, "export", id, (given, held) => writeExport(given, held, limits));
}

/** Delivers the export's message until it has come to an end. */
async function finish(world: World, id: string) {
  for (let tries = 0; tries < 60; tries++) {
    world.now += 20 * 60_000;
    await write(world.services, id, LIMITS).catch(() => {});
    const row = await world.json("GET", `/v1/exports/${id}`);
    if (row.status !== "running" && row.status !== "queued") return row;
  }
  throw new Error("it never ended");
}

const text = async (world: World, id: string, file: string) =>
  (await world.call("GET", `/v1/exports/${id}/${file}`)).text();

describe("an export that is cut off", () => {
  beforeEach(async () => {
    await clearAll();
    for (let from = 0; from < ROWS; from += 20) await insertImprovements(20, LONG, from);
  });

  it("has the same bytes after a crash at a part, a segment, a page or the end, in R2 itself", async () => {
    const world = createWorld();
    const whole = await finish(world, await start(world));
    expect(whole).toMatchObject({ status: "done", skipped: { gain_too_small: 86 } });
    expect(whole.bytes).toBeGreaterThan(3 * LIMITS.partBytes);
    expect(whole.validation_rows).toBeGreaterThan(20);
    const crashes: [string, Partial<World["services"]>][] = [
      ...[2].map((n): [string, Partial<World["services"]>] => [
        `part ${n}`,
        { bucket: bucketThat("uploadPart", n, die) },
      ]),
      ...[3].map((n): [string, Partial<World["services"]>] => [`put ${n}`, { bucket: bucketThat("put", n, die) }]),
      ...[1].map((n): [string, Partial<World["services"]>] => [`end ${n}`, { bucket: bucketThat("complete", n, die) }]),
      ...[17].map((n): [string, Partial<World["services"]>] => [`page ${n}`, { db: dbThatFails(n) }]),
    ];
    for (const [where, broken] of crashes) {
      const id = await start(world);
      await write({ ...world.services, ...broken }, id, LIMITS).catch(() => {});
      expect((await world.json("GET", `/v1/exports/${id}`)).status, where).toBe("running");
      // An upload that was not completed is no object, and what is one cannot be fetched before all is done.
      expect((await world.call("GET", `/v1/exports/${id}/training_data.jsonl`)).status, where).toBe(409);
      const again = await finish(world, id);
      expect({ where, ...pick(again) }).toEqual({ where, ...pick(whole) });
      expect(
        (await env.EXPORTS.list({ prefix: `exports/${id}/` })).objects.filter(({ key }) => key.includes("resume")),
      ).toEqual([]);
      await world.call("DELETE", `/v1/exports/${id}`);
    }
  }, 300_000);

  it("begins again where another version of the program began it", async () => {
    const world = createWorld();
    const whole = await finish(world, await start(world));
    const id = await start(world);
    await write(world.services, id, { ...LIMITS, pagesPerMessage: 1 });
    // As it was before formats were told, with segments of another kind.
    await env.DB.prepare("update export_checkpoints set state = json_remove(state, '$.format')").run();
    const { objects } = await env.EXPORTS.list({ prefix: `exports/${id}/` });
    const segments = objects.filter(({ key }) => key.includes("/resume/"));
    expect(segments.length).toBeGreaterThan(0);
    for (const { key, size } of segments) await env.EXPORTS.put(key, "?".repeat(size));
    const { rows, sha256 } = whole;
    expect(await finish(world, id)).toMatchObject({ status: "done", rows, sha256 });
  });

  it("goes on in further messages, each reading on where the last one stopped", async () => {
    const world = createWorld();
    const whole = await finish(world, await start(world));
    const id = await start(world);
    let messages = 0;
    for (world.jobs.messages.push({ job: "export", id }); world.jobs.take().length > 0; messages++) {
      await write(world.services, id, { ...LIMITS, pagesPerMessage: 4 });
      expect((await world.json("GET", `/v1/exports/${id}`)).progress).not.toBeNull();
    }
    expect(messages).toBeGreaterThan(5);
    expect(pick(await world.json("GET", `/v1/exports/${id}`))).toEqual(pick(whole));
  }, 180_000);

  it("leaves out what is erased while it runs, whatever it has read by then", async () => {
    const world = createWorld();
    const erased: number[] = [1, 299, 597];
    const id = await start(world);
    let next = 0;
    const eraseOne = async () => {
      const response = await world.call("DELETE", `/v1/failures/${failureId(erased[next++] ?? 0)}`);
      expect(response.status).toBe(200);
    };
    for (const [kind, at] of [
      ["uploadPart", 2],
      ["uploadPart", 3],
      ["complete", 1],
    ] as const) {
      world.now += 20 * 60_000;
      await write({ ...world.services, bucket: bucketThat(kind, at, eraseOne) }, id, LIMITS).catch(() => {});
    }
    expect(next).toBe(3);
    const row = await finish(world, id);
    expect(row).toMatchObject({ status: "done", stale: false });
    const files = `${await text(world, id, "training_data.jsonl")}${await text(world, id, "validation_data.jsonl")}`;
    for (const i of erased) expect(files).not.toContain(`"Answer ${i} `);
    expect(files).toContain('"Answer 2 ');
    const sidecar = await text(world, id, "improvements.jsonl");
    for (const i of erased) expect(sidecar).not.toContain(improvementId(i));
    const generations = new Set(
      (await env.EXPORTS.list({ prefix: `exports/${id}/` })).objects.map(({ key }) => key.split("/")[2]),
    );
    expect(generations.size).toBe(1);
  }, 180_000);

  it("is cancelled for good, with nothing left of it", async () => {
    const world = createWorld();
    const id = await start(world);
    const cancel = async () => {
      expect((await world.call("POST", `/v1/exports/${id}/cancel`)).status).toBe(202);
    };
    await write({ ...world.services, bucket: bucketThat("uploadPart", 3, cancel) }, id, LIMITS).catch(() => {});
    await world.sweep();
    expect((await finish(world, id)).status).toBe("cancelled");
    expect((await env.EXPORTS.list({ prefix: `exports/${id}/` })).objects).toEqual([]);
    expect((await world.call("GET", `/v1/exports/${id}/training_data.jsonl`)).status).toBe(409);
  }, 180_000);
});

function pick({ sha256, rows, validation_rows, bytes, skipped, tokens, files }: Record<string, unknown>) {
  return { sha256, rows, validation_rows, bytes, skipped, tokens, files };
}

describe("the files", () => {
  beforeEach(clearAll);

  it.each(["openai-sft", "openai-dpo", "trl-sft", "trl-dpo"] as const)(
    "of %s pass the public checkers' rules, and no prompt is on both sides of the split",
    async (format) => {
      await insertImprovements(400, 60);
      const world = createWorld();
      for (const reply of ["corrected", "agent"]) {
        const row = await finish(world, await start(world, { format, reply }));
        expect(row.rows + row.validation_rows + Object.values<number>(row.skipped).reduce((a, b) => a + b, 0)).toBe(
          400,
        );
        const training = await text(world, row.id, "training_data.jsonl");
        const validation = await text(world, row.id, "validation_data.jsonl");
        expect(checkTrainingFile(format, training)).toEqual([]);
        expect(checkTrainingFile(format, validation)).toEqual([]);
        const prompts = (file: string) => new Set(file.match(/Question \d+/g));
        expect([...prompts(training)].filter((prompt) => prompts(validation).has(prompt))).toEqual([]);
        expect(validation.split("\n").length).toBeGreaterThan(40);
      }
    },
  );
});
