import { afterEach, describe, expect, it, vi } from "vitest";
import { createProvider, type ProviderDeadlines, ProviderError } from "../../src/fine-tunes/provider.ts";
import { aFile } from "../exports/a-file.ts";
import { createWorld, type World } from "../support/world.ts";
import { aProvider } from "./provider.ts";

const TUNER_KEY = "tuner.Zq81LmX0aPq7RtB3";
const SHORT: ProviderDeadlines = {
  call: { headersMs: 80, betweenChunksMs: 80, totalMs: 200, maxBytes: 100_000 },
  bytesPerSecond: 1_000,
};

type Server = (call: string, init: RequestInit) => Response | Promise<Response>;

/** A provider at a server that is a function; as OpenAI's, but less patient. */
function providerAt(server: Server) {
  vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
    server(`${init.method} ${new URL(url).pathname.replace("/v1", "")}`, init),
  );
  const config = { ...createWorld().services.config, FINE_TUNE_API_KEY: TUNER_KEY };
  return createProvider(config, SHORT);
}

async function errorOf(promise: Promise<unknown>): Promise<ProviderError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

const silent: Server = (_, init) =>
  new Promise((_resolve, reject) => init.signal?.addEventListener("abort", () => reject(init.signal?.reason)));

/** A file that goes on giving, and whether it was let go. */
function aContent() {
  const seen = { given: 0, cancelled: false };
  const content = new ReadableStream<Uint8Array>({
    pull(controller) {
      seen.given += 1;
      controller.enqueue(new Uint8Array(10));
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  return { content, seen };
}

describe("a provider of fine-tuning", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("that does not answer is given up", async () => {
    const error = await errorOf(providerAt(silent).getJob("job-1"));
    expect(error).toMatchObject({ kind: "retry", message: expect.stringContaining("no answer began") });
  });

  it("whose list of files never ends, or repeats itself, is not followed", async () => {
    let asked = 0;
    const page = (id: string) => Response.json({ data: [{ id, filename: `redraft-${id}` }], has_more: true });
    await expect(providerAt(() => page(`same-${++asked && 1}`)).findFiles("redraft-")).resolves.toEqual(["same-1"]);
    expect(asked).toBe(2);
    const many = Array.from({ length: 1_000 }, (_, n) => ({ id: `file-${n}`, filename: `redraft-${n}` }));
    const found = await providerAt(() => Response.json({ data: many, has_more: true })).findFiles("redraft-");
    expect(found).toHaveLength(100);
  });

  it("whose answer does not end is given up, and not kept in memory", async () => {
    let given = 0;
    const endless = new ReadableStream({
      pull(controller) {
        given += 1;
        controller.enqueue(new Uint8Array(10_000).fill(0x20));
      },
    });
    const error = await errorOf(providerAt(() => new Response(endless)).listEvents("job-1"));
    expect(error).toMatchObject({ kind: "retry", message: expect.stringContaining("larger than 100000 bytes") });
    expect(given).toBeLessThan(20);
    const stuck = new ReadableStream({ pull: () => new Promise(() => {}) });
    const other = await errorOf(providerAt(() => new Response(stuck)).findJob("tag"));
    expect(other).toMatchObject({ kind: "retry", message: expect.stringContaining("stopped coming") });
  });

  it("that reads nothing of an upload is given up after the time that its bytes may take, and the file let go", async () => {
    const { content, seen } = aContent();
    const began = Date.now();
    const error = await errorOf(providerAt(silent).uploadPart("upload-1", 300, content));
    expect(error).toMatchObject({ kind: "retry", message: expect.stringContaining("no answer began") });
    // 80 ms as for any call, and 300 for its bytes.
    expect(Date.now() - began).toBeGreaterThanOrEqual(370);
    expect(Date.now() - began).toBeLessThan(2_000);
    await vi.waitFor(() => expect(seen.cancelled).toBe(true));
    expect(seen.given).toBeLessThan(10);
  });

  it("that refuses an upload before it has read it keeps nobody sending", async () => {
    const { content, seen } = aContent();
    const refusing = providerAt(() => Response.json({ error: { message: "Too many files." } }, { status: 400 }));
    expect(await errorOf(refusing.uploadFile("a.jsonl", 1_000_000, content))).toMatchObject({ kind: "invalid" });
    await vi.waitFor(() => expect(seen.cancelled).toBe(true));
  });

  it.each(["../files", "..", "a/b", "a?b", "a b", "", "x".repeat(300), "é", 7, null])(
    "is not believed when it calls a job %j",
    async (id) => {
      const answer = { id, status: "queued" };
      const options = { base_model: "m", method: "supervised" } as const;
      const files = { training: "file-1", validation: undefined, tag: "t" };
      const error = await errorOf(providerAt(() => Response.json(answer)).startJob(options, files));
      expect(error).toMatchObject({ kind: "retry", message: expect.stringContaining("not what its API promises") });
      expect(await errorOf(providerAt(() => Response.json({ id })).beginUpload("a", 1))).toBeInstanceOf(ProviderError);
      const completed = providerAt(() => Response.json({ file: { id } })).completeUpload("upload-1", []);
      expect(await errorOf(completed)).toBeInstanceOf(ProviderError);
    },
  );

  it("is asked for nothing but an id, whatever an id of earlier days holds", async () => {
    const calls: string[] = [];
    const provider = providerAt((call) => {
      calls.push(call);
      return Response.json({ id: "job-1", status: "running" });
    });
    await provider.getJob("a/../../files?x#y");
    await provider.cancelJob("a/b");
    await provider.cancelUpload("a/b");
    const jobs = ["GET /fine_tuning/jobs/a%2F..%2F..%2Ffiles%3Fx%23y", "POST /fine_tuning/jobs/a%2Fb/cancel"];
    expect(calls).toEqual([...jobs, "POST /uploads/a%2Fb/cancel"]);
  });

  it("does not have its key, nor what looks like one, repeated by its errors", async () => {
    const echo = `Incorrect API key provided: ${TUNER_KEY}, or ${TUNER_KEY.slice(0, 12)}…, or sk-abcdefgh********wxyz.`;
    const provider = providerAt((call) => {
      if (call.endsWith("/events")) return Response.json({ data: [{ created_at: 1, message: echo }] });
      if (call.startsWith("GET")) return Response.json({ id: "job-1", status: "failed", error: { message: echo } });
      return Response.json({ error: { message: echo } }, { status: 401 });
    });
    const said = [
      (await errorOf(provider.beginUpload("a", 1))).message,
      (await provider.getJob("job-1")).error?.message,
      (await provider.listEvents("job-1"))[0]?.message,
    ];
    for (const text of said) expect(text).toContain("Incorrect API key provided: [key], or [key]…, or [key].");
  });
});

describe("numbers and words of a job that make no sense", () => {
  afterEach(() => vi.unstubAllGlobals());

  async function shown(job: object, events: object[]): Promise<{ tune: Record<string, unknown>; page: string }> {
    const provider = aProvider();
    const world: World = createWorld();
    const asked = { export_id: await aFile(world), base_model: "base", method: "supervised" };
    const { id } = await world.json("POST", "/v1/fine-tunes", asked);
    await world.deliver();
    provider.instead = (call) => {
      if (call.endsWith("/events")) return Response.json({ data: events });
      return call.startsWith("GET /fine_tuning/jobs/")
        ? Response.json({ id: "job-1", status: "running", ...job })
        : undefined;
    };
    world.now += 60_000;
    await world.sweep();
    await world.deliver();
    const tune = await world.json("GET", `/v1/fine-tunes/${id}`);
    const page = await world.call("GET", `/fine-tunes/${id}`, undefined, { accept: "text/html" });
    expect(page.status).toBe(200);
    return { tune, page: await page.text() };
  }

  it.each([-5, 1.5, 1e300, "12", null])("count as not told: %j", async (trained_tokens) => {
    const points = [
      { step: 1, train_loss: 1.5 },
      ...[-3, 1.5, 1e300, "2"].map((step) => ({ step, train_loss: 1 })),
      ...[-1, 1e300, "1"].map((train_loss, i) => ({ step: 10 + i, train_loss, valid_loss: 0.5 })),
    ];
    const events = points.map((data, i) => ({ created_at: [5, -1, 1e300, 1e15, 1.5][i] ?? 6, message: `m${i}`, data }));
    const { tune, page } = await shown({ trained_tokens }, events);
    expect(tune.trained_tokens).toBeNull();
    const none = { train_loss: null, valid_loss: 0.5 };
    expect(tune.loss).toEqual([
      { step: 1, train_loss: 1.5, valid_loss: null },
      ...[10, 11, 12].map((step) => ({ step, ...none })),
    ]);
    expect(tune.events).toHaveLength(events.length);
    expect(page).not.toMatch(/NaN|Infinity/);
  });

  it("are kept short, and no more of them than a row holds", async () => {
    const long = "x ".repeat(20_000);
    const many = Array.from({ length: 3_000 }, (_, i) => ({ created_at: i, level: long, message: long }));
    const job = { status: long, error: { message: long }, fine_tuned_model: long };
    const { tune } = await shown(job, many.slice(0, 30));
    expect(JSON.stringify(tune).length).toBeLessThan(20_000);
    expect(tune.model).toBeNull();
  });

  it("leave those that make sense", async () => {
    const { tune } = await shown({ trained_tokens: 8_123, fine_tuned_model: "acct/ft:base:é:1" }, []);
    expect(tune).toMatchObject({ trained_tokens: 8_123, model: "acct/ft:base:é:1" });
  });
});
