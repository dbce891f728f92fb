import { beforeAll, expect, it } from "vitest";
import { EXPORT_LIMITS } from "../../src/exports/export-state.ts";
import { writeExport } from "../../src/exports/write-export.ts";
import { sha256Hex } from "../../src/lib/text.ts";
import { createWorld, runJob, type World } from "../support/world.ts";
import { MemoryBucket } from "./memory-bucket.ts";
import { clearAll, insertImprovements, isPage } from "./rows.ts";

/** About 25 KB in parts of 4 KB and pages of 10 rows. */
const LIMITS = { ...EXPORT_LIMITS, partBytes: 4_096, pageRows: 10 };

beforeAll(async () => {
  await clearAll();
  await insertImprovements(120, 150);
});

async function start(world: World): Promise<string> {
  const { id } = await world.json("POST", "/v1/exports", { validation_fraction: 0.2, min_gain: 1 });
  world.jobs.take();
  return id;
}

/** Writes an export to its end, the first time with a world that fails at the `at`-th operation of a kind. */
async function writeWithCrash(world: World, crash: { kind: string; at: number } | null) {
  const done = new Map<string, number>();
  const count = (kind: string) => {
    done.set(kind, (done.get(kind) ?? 0) + 1);
    if (crash?.kind === kind && done.get(kind) === crash.at) throw new Error("the worker died");
  };
  const bucket = new MemoryBucket(count);
  const db = new Proxy(world.services.db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        if (name === "select" && isPage(given)) count("page");
        return value.apply(target, given);
      };
    },
  });
  const services = { ...world.services, bucket: bucket.asR2(), db };
  const id = await start(world);
  const write = () => runJob(services, "export", id, (given, held) => writeExport(given, held, LIMITS));
  const status = async () => (await world.json("GET", `/v1/exports/${id}`)).status;
  await write();
  if (crash !== null) expect(await status(), JSON.stringify(crash)).toBe("running");
  world.now += 20 * 60_000;
  await write();
  const { sha256, rows, validation_rows, bytes, skipped, tokens, files } = await world.json("GET", `/v1/exports/${id}`);
  const keys = [...bucket.objects.keys()].map((key) => key.split("/").at(-1)).toSorted();
  const text = (name: string) =>
    new TextDecoder().decode([...bucket.objects].find(([key]) => key.endsWith(`/${name}`))?.[1]);
  return {
    done,
    training: text("training_data.jsonl"),
    sidecar: text("improvements.jsonl"),
    left: {
      status: await status(),
      sha256,
      rows,
      validation_rows,
      bytes,
      skipped,
      tokens,
      files,
      keys,
      open: bucket.open,
    },
  };
}

it("has the same bytes after a crash at any part, segment, page or end of a file", async () => {
  const world = createWorld();
  const whole = await writeWithCrash(world, null);
  expect(whole.left).toMatchObject({ status: "done", skipped: { gain_too_small: 18 }, open: 0 });
  expect(whole.left.sha256).toBe(await sha256Hex(whole.training));
  const points = [...whole.done].flatMap(([kind, times]) =>
    Array.from({ length: times }, (_, n) => ({ kind, at: n + 1 })),
  );
  const parts = points.filter(({ kind }) => kind === "uploadPart");
  expect(parts.length).toBeGreaterThan(5);
  expect(points.filter(({ kind }) => kind === "page").length).toBeGreaterThan(10);
  for (const crash of points)
    expect({ crash, ...(await writeWithCrash(world, crash)).left }).toEqual({ crash, ...whole.left });
}, 60_000);

it("names every line in the sidecar", async () => {
  const { sidecar, training } = await writeWithCrash(createWorld(), null);
  const lines = sidecar.trimEnd().split("\n");
  const texts = training.trimEnd().split("\n");
  const rows = lines.map((line) => JSON.parse(line));
  const trained = rows.filter(({ file }) => file === "training");
  expect(trained.length).toBe(texts.length);
  for (const { seq, id, failure_id, prompt_id, line, ...scores } of trained) {
    const n = Number.parseInt(id.slice(9, 13), 16);
    expect(texts[line - 1]).toContain(`"Answer ${n} `);
    expect(seq).toBeGreaterThan(0);
    expect(failure_id).toBe(id.replace(/3$/, "2"));
    expect(prompt_id).toBe(id.replace(/3$/, "1"));
    expect(scores).toEqual({ file: "training", score_gain_estimate: 40, old_rating: 30, new_rating: 70 });
  }
});

it("says so where lines cannot be compared with all before them any more", async () => {
  const world = createWorld();
  const bucket = new MemoryBucket();
  const id = await start(world);
  const limits = { ...LIMITS, mostHashSlots: 16 };
  const services = { ...world.services, bucket: bucket.asR2() };
  await runJob(services, "export", id, (given, held) => writeExport(given, held, limits));
  const row = await world.json("GET", `/v1/exports/${id}`);
  expect(row.warning).toMatch(/the last \d+ rows were compared with the first ones alone/);
  const manifest = [...bucket.objects].find(([key]) => key.endsWith("manifest.json"))?.[1];
  expect(JSON.parse(new TextDecoder().decode(manifest)).warnings).toEqual([row.warning]);
});
