import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aFile } from "../exports/a-file.ts";
import { createWorld, type World } from "../support/world.ts";
import { aProvider } from "./provider.ts";

const UNAVAILABLE = () => Response.json({ error: { message: "Down." } }, { status: 503 });

describe("the files of a fine-tune at the provider", () => {
  let provider: ReturnType<typeof aProvider>;
  beforeEach(async () => {
    provider = aProvider();
    await env.DB.batch(["provider_files", "jobs"].map((table) => env.DB.prepare(`delete from ${table}`)));
  });
  afterEach(() => vi.unstubAllGlobals());

  async function aWorld(options: object = {}, vars: Record<string, string> = {}) {
    const world = createWorld({ vars });
    const export_id = await aFile(world, options);
    const { id } = await world.json("POST", "/v1/fine-tunes", { export_id, base_model: "base", method: "supervised" });
    return { world, id: id as string, fineTune: () => world.json("GET", `/v1/fine-tunes/${id}`) };
  }
  const later = async (world: World, ms = 60_000) => {
    world.now += ms;
    await world.sweep();
    await world.deliver();
  };
  const deletions = () => provider.calls.filter((call) => call.startsWith("DELETE ")).length;

  it("stay while its job trains, and go when it has its model", async () => {
    const { world, fineTune } = await aWorld({ validation_fraction: 0.3 });
    await world.deliver();
    await later(world);
    expect(provider.kept.size).toBe(2);
    provider.status = "succeeded";
    await later(world);
    expect(provider.kept.size).toBe(0);
    const files = ["file-1", "file-2"].map((id) => ({ id, kind: "file", deleted_at: expect.any(String), error: null }));
    expect(await fineTune()).toMatchObject({ status: "succeeded", provider_files: files });
  });

  it.each([
    [503, "Down."],
    [403, "Not with this key."],
    [400, "Not now."],
  ])("are listed and deleted later where the provider answers %i", async (status, message) => {
    const { world, fineTune } = await aWorld();
    await world.deliver();
    provider.status = "failed";
    provider.instead = (call) =>
      call.startsWith("DELETE ") ? Response.json({ error: { message } }, { status }) : undefined;
    await later(world);
    const [file] = (await fineTune()).provider_files;
    expect(file).toMatchObject({ id: "file-1", deleted_at: null, error: expect.stringContaining(message) });
    // Less and less often: twenty sweeps are not twenty tries.
    for (let i = 0; i < 20; i++) await later(world);
    expect(deletions()).toBeGreaterThan(3);
    expect(deletions()).toBeLessThan(9);
    for (let i = 0; i < 5; i++) await later(world, 24 * 3_600_000);
    provider.instead = () => undefined;
    await later(world, 3_600_000);
    expect(provider.kept.size).toBe(0);
    expect((await fineTune()).provider_files).toMatchObject([{ deleted_at: expect.any(String), error: null }]);
  });

  it("count as deleted where the provider knows nothing of them", async () => {
    const { world, fineTune } = await aWorld();
    await world.deliver();
    provider.kept.clear();
    provider.status = "failed";
    await later(world);
    expect((await fineTune()).provider_files).toMatchObject([{ deleted_at: expect.any(String) }]);
    expect(deletions()).toBe(1);
  });

  it("go too where the worker that sent them died before it noted them", async () => {
    const { world, fineTune } = await aWorld();
    let lost = 0;
    provider.instead = async (call) => {
      if (call !== "POST /files" || lost > 0) return undefined;
      lost += 1;
      const { id } = await fineTune();
      provider.kept.set("file-lost", { filename: `redraft-${id}-training_data.jsonl`, text: "x" });
      provider.kept.set("file-others", { filename: "training_data.jsonl", text: "x" });
      throw new Error("connection lost");
    };
    await world.deliver();
    await later(world);
    provider.status = "succeeded";
    await later(world);
    expect(provider.files).toHaveLength(1);
    expect([...provider.kept.keys()]).toEqual(["file-others"]);
  });

  it("are not said to be deleted where another provider is set by then", async () => {
    const { world, fineTune } = await aWorld();
    await world.deliver();
    provider.status = "failed";
    provider.instead = (call) => (call.startsWith("DELETE ") ? UNAVAILABLE() : undefined);
    await later(world);
    provider.instead = () => undefined;
    const other = createWorld({ vars: { FINE_TUNE_BASE_URL: "https://other.example.com/v1" } });
    const tried = deletions();
    await later(other, 3_600_000);
    expect(deletions()).toBe(tried);
    expect((await fineTune()).provider_files).toMatchObject([
      { deleted_at: null, error: expect.stringContaining("FINE_TUNE_BASE_URL") },
    ]);
    await later(world, 3 * 3_600_000);
    expect(provider.kept.size).toBe(0);
  });

  it("wait, cancelling, for a provider that is down, and go when the sweep reaches it", async () => {
    const { world, id, fineTune } = await aWorld();
    await world.deliver();
    provider.instead = UNAVAILABLE;
    const answer = await world.json("POST", `/v1/fine-tunes/${id}/cancel`);
    expect(answer).toMatchObject({ status: "cancelling", finished_at: null });
    await world.deliver();
    await later(world);
    expect(await fineTune()).toMatchObject({ status: "cancelling" });
    provider.instead = () => undefined;
    await later(world, 3_600_000);
    expect(await fineTune()).toMatchObject({ status: "cancelled", error: null });
    expect(provider.calls).toContain("POST /fine_tuning/jobs/job-1/cancel");
    expect(provider.kept.size).toBe(0);
  });

  it("go where the fine-tune was given up, and its job is cancelled as soon as the provider answers", async () => {
    const { world, fineTune } = await aWorld();
    await world.deliver();
    provider.instead = UNAVAILABLE;
    for (let i = 0; i < 40; i++) await later(world, 3_600_000);
    expect(await fineTune()).toMatchObject({ status: "cancelling", error: expect.stringContaining("Down.") });
    provider.instead = () => undefined;
    await later(world, 3_600_000);
    await later(world);
    expect(await fineTune()).toMatchObject({ status: "cancelled" });
    expect(provider.kept.size).toBe(0);
  });

  it("go where it failed for good between two of them", async () => {
    const { world, fineTune } = await aWorld({ validation_fraction: 0.3 });
    let sent = 0;
    provider.instead = (call) =>
      call === "POST /files" && ++sent === 2
        ? Response.json({ error: { message: "This file is not welcome." } }, { status: 400 })
        : undefined;
    await world.deliver();
    expect(await fineTune()).toMatchObject({ status: "failed", error: expect.stringContaining("not welcome") });
    expect(provider.kept.size).toBe(0);
  });
});
