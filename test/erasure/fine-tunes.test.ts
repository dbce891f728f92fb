import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aFile } from "../exports/a-file.ts";
import { failureId } from "../exports/rows.ts";
import { aProvider, aTunedModel } from "../fine-tunes/provider.ts";
import { createWorld, type World } from "../support/world.ts";
import { whereIs } from "./scan.ts";

/** One of the sixty failures of `aFile`, and what its line says. */
const ERASED = failureId(8);
const TEXT = "Answer 8 ";

const START = "POST /fine_tuning/jobs";

describe("an erasure, of a fine-tune on its text,", () => {
  let provider: ReturnType<typeof aProvider>;
  beforeEach(async () => {
    provider = aProvider();
    await env.DB.batch(["erasures", "provider_files", "jobs"].map((table) => env.DB.prepare(`delete from ${table}`)));
  });
  afterEach(() => vi.unstubAllGlobals());

  /** A fine-tune that is asked for and not begun. */
  async function aWorld(options: object = {}) {
    const world = createWorld();
    const export_id = await aFile(world, options);
    const { id } = await world.json("POST", "/v1/fine-tunes", { export_id, base_model: "base", method: "supervised" });
    const erase = () => world.json("DELETE", `/v1/failures/${ERASED}`);
    const fineTune = () => world.json("GET", `/v1/fine-tunes/${id}`);
    const erasure = () => world.json("GET", `/v1/erasures/${ERASED}`);
    return { world, export_id: export_id as string, id: id as string, erase, fineTune, erasure };
  }

  /** A minute goes by. */
  const later = async (world: World, ms = 60_000) => {
    world.now += ms;
    await world.sweep();
    await world.deliver();
  };
  const made = (call: string) => provider.calls.filter((one) => one === call).length;
  const kept = () => [...provider.kept.values()].filter(({ text }) => text.includes(TEXT));
  const what = ({ remains }: { remains: { what: string }[] }) => remains.map((one) => one.what);

  /** Erases in the middle of the provider's answer to the n-th call of this kind. */
  function eraseDuring(call: string, erase: () => Promise<unknown>, nth = 1) {
    let seen = 0;
    provider.instead = async (one) => {
      if (one === call && ++seen === nth) await erase();
      return undefined;
    };
  }

  it("sends nothing where it comes before the upload", async () => {
    const { world, id, erase, fineTune, erasure } = await aWorld();
    expect(await erase()).toMatchObject({ state: "running", fine_tunes: [{ id, status: "cancelling" }] });
    await world.deliver();
    expect(await fineTune()).toMatchObject({ status: "cancelled", error: expect.stringContaining("was erased") });
    expect([made("POST /files"), made(START)]).toEqual([0, 0]);
    expect(await erasure()).toMatchObject({ state: "done", fine_tunes: [{ id, status: "cancelled", model: null }] });
    expect(await whereIs(TEXT)).toEqual([]);
  });

  it.each([
    ["while a file is sent", "POST /files", 1, {}],
    ["between two files", "POST /files", 1, { validation_fraction: 0.3 }],
    ["when the last file is sent", "POST /files", 2, { validation_fraction: 0.3 }],
    ["between the last file and the job", "GET /fine_tuning/jobs", 1, {}],
  ])("starts no job where it comes %s, and has the files deleted", async (_when, call, nth, options) => {
    const { world, erase, fineTune, erasure } = await aWorld(options);
    eraseDuring(call, erase, nth);
    await world.deliver();
    expect(await fineTune()).toMatchObject({ status: "cancelled", error: expect.stringContaining("was erased") });
    expect(provider.files.length).toBe(nth);
    expect(made(START)).toBe(0);
    expect([...provider.kept]).toEqual([]);
    expect(await erasure()).toMatchObject({ state: "done" });
    expect(await whereIs(TEXT)).toEqual([]);
  });

  it("keeps a job from being started while it is not finished itself", async () => {
    const { world, erase, fineTune } = await aWorld();
    const healthy = world.services.clusters;
    world.services.clusters = new Proxy(healthy, {
      get() {
        throw new Error("down");
      },
    });
    // Before it knows which files hold the text.
    eraseDuring("GET /fine_tuning/jobs", erase);
    await world.deliver();
    expect(made(START)).toBe(0);
    expect(await fineTune()).toMatchObject({ status: "starting" });
    await later(world);
    expect(made(START)).toBe(0);
    world.services.clusters = healthy;
    await later(world, 600_000);
    await later(world);
    expect(made(START)).toBe(0);
    expect(await fineTune()).toMatchObject({ status: "cancelled" });
    expect(kept()).toEqual([]);
  });

  it("has a job cancelled that was being started at that moment", async () => {
    const { world, erase, fineTune } = await aWorld();
    eraseDuring(START, erase);
    await world.deliver();
    expect(provider.jobs).toHaveLength(1);
    expect(made("POST /fine_tuning/jobs/job-1/cancel")).toBe(1);
    expect(await fineTune()).toMatchObject({ status: "cancelled", job_id: "job-1" });
    expect([...provider.kept]).toEqual([]);
  });

  it("has a job cancelled that trains, and says so until the provider confirms it", async () => {
    const { world, erase, fineTune, erasure } = await aWorld();
    await world.deliver();
    expect(await fineTune()).toMatchObject({ status: "running" });
    const answer = await erase();
    expect(answer.state).toBe("running");
    expect(what(answer)).toEqual(expect.arrayContaining(["fine_tune_job", "provider_file"]));
    await world.deliver();
    expect(await fineTune()).toMatchObject({ status: "cancelled", events: [] });
    const done = await erasure();
    expect(done.state).toBe("done");
    expect(done.provider_files).toMatchObject([{ id: "file-1", deleted_at: expect.any(String) }]);
    expect(what(done)).toEqual(["database_backups", "cluster_backups", "model_server_logs"]);
    expect([...provider.kept]).toEqual([]);
  });

  it("says that a model remains which was trained before its job could be cancelled", async () => {
    const { world, erase, fineTune, erasure } = await aWorld();
    await world.deliver();
    provider.status = "succeeded";
    await erase();
    await world.deliver();
    expect(await fineTune()).toMatchObject({ status: "succeeded", model: "ft:base:1" });
    expect((await erasure()).remains[0]).toMatchObject({ what: "trained_model", id: "ft:base:1", until: null });
    expect([...provider.kept]).toEqual([]);
  });

  it("lists what a provider that is down still has, and deletes it when it is up again", async () => {
    const { world, erase, fineTune, erasure } = await aWorld();
    await world.deliver();
    provider.instead = () => Response.json({ error: { message: "Down." } }, { status: 503 });
    await erase();
    await world.deliver();
    expect(await fineTune()).toMatchObject({ status: "cancelling" });
    for (let i = 0; i < 40; i++) await later(world, 3_600_000);
    expect(await fineTune()).toMatchObject({ status: "cancelling" });
    const waiting = await erasure();
    expect(waiting.state).toBe("running");
    expect(waiting.remains.slice(0, 2)).toMatchObject([
      { what: "provider_file", id: "file-1", where: expect.stringContaining("https://") },
      { what: "fine_tune_job", id: "job-1" },
    ]);
    provider.instead = () => undefined;
    await later(world, 3_600_000);
    expect(await fineTune()).toMatchObject({ status: "cancelled" });
    expect([...provider.kept]).toEqual([]);
    expect(await erasure()).toMatchObject({ state: "done" });
  });

  it.each([["succeeded"], ["failed"], ["cancelled"]])("finds no file left of one that ended as %s", async (status) => {
    const { world, erase, fineTune } = await aWorld();
    await world.deliver();
    provider.status = status;
    await later(world);
    expect(await fineTune()).toMatchObject({ status });
    expect([...provider.kept]).toEqual([]);
    const answer = await erase();
    expect(answer).toMatchObject({ state: "done", fine_tunes: [{ status }] });
    expect(answer.remains.filter((one: { what: string }) => one.what === "trained_model")).toHaveLength(
      status === "succeeded" ? 1 : 0,
    );
    expect(await whereIs(TEXT)).toEqual([]);
  });

  it.each(["rebuild", "delete"])("names a model whose export was changed since: %s", async (change) => {
    const world = createWorld();
    const export_id = await aFile(world);
    const id = await aTunedModel(world, provider, export_id);
    const path = `/v1/exports/${export_id}`;
    await (change === "delete" ? world.call("DELETE", path) : world.call("POST", `${path}/rebuild`));
    await world.deliver();
    const inIt = await world.json("DELETE", `/v1/failures/${ERASED}`);
    expect(inIt.fine_tunes).toMatchObject([{ id, model: "ft:base:1" }]);
    // Left out of the file, because its rewrite gained nothing.
    expect((await world.json("DELETE", `/v1/failures/${failureId(14)}`)).fine_tunes).toEqual([]);
  });
});
