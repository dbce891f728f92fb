import { beforeEach, describe, expect, it } from "vitest";
import { EXPORT_LIMITS } from "../../src/exports/export-state.ts";
import { isDrawn } from "../../src/exports/split.ts";
import { writeExport } from "../../src/exports/write-export.ts";
import { createWorld, runJob } from "../support/world.ts";
import { MemoryBucket } from "./memory-bucket.ts";
import { clearAll, insertPrompts } from "./rows.ts";

const FRACTION = 0.3;

/** Twenty words; the same with one or two of them changed. */
const base = (n: number) => Array.from({ length: 20 }, (_, i) => `w${n}x${String.fromCharCode(97 + i)}`);
const variant = (n: number, changed: number) =>
  base(n)
    .map((word, i) => (i < changed ? `${word}y` : word))
    .join(" ");

/** Groups of near duplicates, of one, two and three, in turn. */
const prompts = Array.from({ length: 300 }, (_, n) =>
  variant(n - (n % 3 === 2 ? 1 : 0) - (n % 9 === 8 ? 1 : 0), n % 3),
);

const pairsOf = (text: string) => {
  const words = text.split(" ");
  return new Set(words.slice(1).map((word, i) => `${words[i]} ${word}`));
};

/** Writes an export in messages of so many pages. */
async function exported(pagesPerMessage: number) {
  const world = createWorld();
  const bucket = new MemoryBucket();
  const services = { ...world.services, bucket: bucket.asR2() };
  const { id } = await world.json("POST", "/v1/exports", { validation_fraction: FRACTION, min_gain: 1 });
  world.jobs.take();
  const limits = { ...EXPORT_LIMITS, partBytes: 4_096, pageRows: 20, pagesPerMessage };
  let row: Record<string, unknown> = {};
  for (let i = 0; i < 50 && row.status !== "done"; i++) {
    await runJob(services, "export", id, (given, held) => writeExport(given, held, limits));
    row = await world.json("GET", `/v1/exports/${id}`);
  }
  const text = (name: string) =>
    new TextDecoder().decode([...bucket.objects].find(([key]) => key.endsWith(`/${name}`))?.[1]);
  const asked = (name: string) =>
    text(name)
      .trimEnd()
      .split("\n")
      .map((line): string => JSON.parse(line).messages[0].content);
  return {
    row,
    training: asked("training_data.jsonl"),
    validation: asked("validation_data.jsonl"),
    sidecar: text("improvements.jsonl")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    manifest: JSON.parse(text("manifest.json")),
  };
}

describe("training and validation", () => {
  beforeEach(async () => {
    await clearAll();
    await insertPrompts(prompts);
  });

  it("hold no near duplicates of each other, lose no line, and the manifest and the sidecar say where each is", async () => {
    const { row, training, validation, sidecar, manifest } = await exported(1_000);
    expect(training.length + validation.length).toBe(prompts.length);
    expect([...training, ...validation].toSorted()).toEqual(prompts.toSorted());
    const sets = training.map(pairsOf);
    for (const held of validation) {
      const own = pairsOf(held);
      for (const other of sets) {
        const shared = [...own].filter((pair) => other.has(pair)).length;
        expect(shared / (own.size + other.size - shared)).toBeLessThan(0.8);
      }
    }
    expect(row).toMatchObject({ rows: training.length, validation_rows: validation.length });
    expect(validation.length).toBeGreaterThan(40);
    const { split } = manifest;
    expect(split.moved_to_training).toBeGreaterThan(5);
    expect(prompts.filter((prompt) => isDrawn(prompt, FRACTION)).length).toBe(
      validation.length + split.moved_to_training,
    );
    expect(split.validation_groups).toBeGreaterThan(20);
    expect(split.validation_groups).toBeLessThan(validation.length);
    expect(sidecar.map(({ seq }) => seq)).toEqual(sidecar.map(({ seq }) => seq).toSorted((a, b) => a - b));
    const lines = { training, validation };
    for (const { id, file, line } of sidecar) {
      const n = Number.parseInt(id.slice(9, 13), 16);
      expect(lines[file as keyof typeof lines][line - 1]).toBe(prompts[n]);
    }
  });

  it("are split the same way where the export goes on in many messages", async () => {
    const [whole, pieces] = [await exported(1_000), await exported(2)];
    const { id: _, created_at: __, finished_at: ___, ...row } = whole.row;
    expect(pieces.row).toMatchObject(row);
    expect(pieces.sidecar).toEqual(whole.sidecar);
    expect(pieces.manifest.split).toEqual(whole.manifest.split);
  });
});
