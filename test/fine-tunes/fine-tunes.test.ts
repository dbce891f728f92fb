import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aFile, readFile } from "../exports/a-file.ts";
import { createWorld, runJob, type World } from "../support/world.ts";
import { aProvider } from "./provider.ts";

const input = (export_id: string) => ({ export_id, base_model: "base", method: "supervised" });

describe("a fine-tune", () => {
  let provider: ReturnType<typeof aProvider>;
  beforeEach(() => {
    provider = aProvider();
  });
  afterEach(() => vi.unstubAllGlobals());

  const poll = async (world: World) => {
    world.now += 60_000;
    await world.sweep();
    await world.deliver();
  };

  it("uploads the files as they are, starts one job, and shows its loss and its model", async () => {
    const world = createWorld();
    const export_id = await aFile(world, { validation_fraction: 0.3 });
    const { id } = await world.json("POST", "/v1/fine-tunes", { ...input(export_id), suffix: "support" });
    await world.deliver();
    expect(await world.json("GET", `/v1/fine-tunes/${id}`)).toMatchObject({ status: "running", job_id: "job-1" });
    const files = ["training_data.jsonl", "validation_data.jsonl"];
    expect(provider.files).toEqual(await Promise.all(files.map((name) => readFile(world, export_id, name))));
    await poll(world);
    provider.status = "a state nobody knows yet";
    await poll(world);
    expect((await world.json("GET", `/v1/fine-tunes/${id}`)).status).toBe("running");
    provider.status = "succeeded";
    await poll(world);
    expect(await world.json("GET", `/v1/fine-tunes/${id}`)).toMatchObject({
      status: "succeeded",
      model: "ft:base:1",
      loss: [{ step: 1, train_loss: 1.5, valid_loss: null }],
      events: [{ message: "Step 1" }],
    });
    expect(provider.jobs).toHaveLength(1);
  });

  it("does not start a second job when its worker died right after it started one", async () => {
    const world = createWorld();
    const { id } = await world.json("POST", "/v1/fine-tunes", input(await aFile(world)));
    let lost = false;
    provider.instead = (call) => {
      if (call !== "POST /fine_tuning/jobs" || lost) return undefined;
      lost = true;
      provider.jobs.push({ id: "job-1", metadata: { redraft: id }, model: "base" });
      throw new Error("connection lost");
    };
    await world.deliver();
    await poll(world);
    expect(await world.json("GET", `/v1/fine-tunes/${id}`)).toMatchObject({ status: "running", job_id: "job-1" });
    expect(provider.jobs).toHaveLength(1);
    expect(provider.files).toHaveLength(1);
  });

  it("keeps its job when a worker that was overtaken hears of it late", async () => {
    const world = createWorld();
    const { id } = await world.json("POST", "/v1/fine-tunes", input(await aFile(world)));
    let late = false;
    provider.instead = (call) => {
      if (call !== "POST /fine_tuning/jobs" || late) return undefined;
      late = true;
      const job = { id: "job-1", metadata: { redraft: id }, model: "base" };
      provider.jobs.push(job);
      // Meanwhile its lease runs out, and another worker finds the job.
      world.now += 3 * 60_000;
      return runJob(world.services, "fine_tune", id).then(() => Response.json({ ...job, status: "queued" }));
    };
    await world.deliver();
    expect(await world.json("GET", `/v1/fine-tunes/${id}`)).toMatchObject({ status: "running", job_id: "job-1" });
    expect(provider.calls.filter((call) => call.endsWith("/cancel"))).toEqual([]);
  });

  it.each(["not JSON", `{"data": [{"object": "fine_tuning.job"}]}`])(
    "does not take a list of jobs that it cannot read for an empty one: %s",
    async (unreadable) => {
      const world = createWorld();
      const { id } = await world.json("POST", "/v1/fine-tunes", input(await aFile(world)));
      provider.instead = (call) => (call === "GET /fine_tuning/jobs" ? new Response(unreadable) : undefined);
      await world.deliver();
      expect(await world.json("GET", `/v1/fine-tunes/${id}`)).toMatchObject({
        status: "starting",
        error: expect.stringContaining("not what its API promises"),
      });
      expect(provider.jobs).toHaveLength(0);
      provider.instead = (call) => (call === "GET /fine_tuning/jobs" ? Response.json({ data: null }) : undefined);
      await poll(world);
      expect(provider.jobs).toHaveLength(1);
    },
  );

  it("says in plain words that the provider gives no permission, and what to do instead", async () => {
    const world = createWorld();
    provider.instead = (call) =>
      call === "POST /fine_tuning/jobs"
        ? Response.json({ error: { message: "Your organization is not allowed to create jobs." } }, { status: 403 })
        : undefined;
    const { id } = await world.json("POST", "/v1/fine-tunes", input(await aFile(world)));
    await world.deliver();
    const { status, error } = await world.json("GET", `/v1/fine-tunes/${id}`);
    expect(status).toBe("failed");
    expect(error).toMatch(/not allowed to create jobs.*no new fine-tuning customers.*FINE_TUNE_BASE_URL/s);
  });

  it("refuses files of another format, and those with an erased text", async () => {
    const world = createWorld();
    const export_id = await aFile(world);
    expect((await world.call("POST", "/v1/fine-tunes", { ...input(export_id), method: "dpo" })).status).toBe(409);
  });

  it("is named by the erasure of a failure it was trained on", async () => {
    const world = createWorld();
    const export_id = await aFile(world);
    const { id } = await world.json("POST", "/v1/fine-tunes", input(export_id));
    await world.deliver();
    const sidecar = await readFile(world, export_id, "improvements.jsonl");
    const erased = (JSON.parse(sidecar.split("\n")[7] ?? "") as { failure_id: string }).failure_id;
    const answer = await world.json("DELETE", `/v1/failures/${erased}`);
    expect(answer).toMatchObject({ exports: [{ id: export_id }], fine_tunes: [{ id, export_id }] });
    expect(await world.json("DELETE", `/v1/failures/${erased}`)).toEqual(answer);
    expect((await world.call("GET", `/v1/failures/${erased}`)).status).toBe(404);
    expect((await world.call("GET", `/v1/exports/${export_id}/training_data.jsonl`)).status).toBe(409);
    expect((await world.json("GET", `/v1/exports/${export_id}`)).stale).toBe(true);
    expect((await world.call("POST", `/v1/exports/${export_id}/rebuild`)).status).toBe(202);
    await world.deliver();
    const rebuilt = await world.json("GET", `/v1/exports/${export_id}`);
    expect(rebuilt).toMatchObject({ status: "done", stale: false });
    expect(rebuilt.rows).toBe(sidecar.split("\n").length - 2);
  });
});
