import { env } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runFineTune } from "../../src/fine-tunes/run-fine-tune.ts";
import { log } from "../../src/lib/log.ts";
import { clearAll, insertImprovements } from "../exports/rows.ts";
import { standInFetch } from "../support/stand-in.ts";
import { createWorld, runJob, type World } from "../support/world.ts";

const KB = 1024;
/** As OpenAI's, but small. */
const LIMITS = { mostInOne: 200 * KB, partBytes: 128 * KB };

/** R2 that notes the ranges it was asked for. */
function ranged(bucket: R2Bucket) {
  const ranges: { offset: number; length: number }[] = [];
  const watched = new Proxy(bucket, {
    get(target, name) {
      if (name !== "get") return Reflect.get(target, name).bind?.(target);
      return (key: string, options?: { range: { offset: number; length: number } }) => {
        if (options === undefined) return target.get(key);
        ranges.push(options.range);
        return target.get(key, options);
      };
    },
  });
  return { bucket: watched, ranges };
}

describe("a file above what one request takes", () => {
  afterEach(() => vi.unstubAllGlobals());

  /** A fine-tune of a file of about a megabyte, asked for and not begun. */
  async function aWorld(before?: (call: string) => Response | undefined) {
    const standIn = standInFetch(before);
    vi.stubGlobal("fetch", standIn.fetch);
    const world = createWorld();
    await clearAll();
    await insertImprovements(60, 20 * KB);
    const { id: export_id } = await world.json("POST", "/v1/exports", { validation_fraction: 0.3 });
    await world.deliver();
    const asked = { export_id, base_model: "stand-in", method: "supervised" };
    const { id } = await world.json("POST", "/v1/fine-tunes", asked);
    const { bucket, ranges } = ranged(env.EXPORTS);
    const run = () =>
      runJob({ ...world.services, bucket }, "fine_tune", id, (given, held) => runFineTune(given, held, LIMITS));
    const { bytes, files } = await world.json("GET", `/v1/exports/${export_id}`);
    const validation: number = files["validation_data.jsonl"].bytes;
    return { world, standIn, id: id as string, ranges, run, bytes: bytes as number, validation };
  }
  const count = (standIn: ReturnType<typeof standInFetch>, call: RegExp) =>
    standIn.calls.filter((made) => call.test(made.call)).length;
  const status = async (world: World, id: string) => (await world.json("GET", `/v1/fine-tunes/${id}`)).status;

  it("goes in parts, each its own range of R2 and streamed, and arrives as it was", async () => {
    const { world, standIn, id, ranges, run, bytes } = await aWorld();
    expect(bytes).toBeGreaterThan(4 * LIMITS.partBytes);
    await run();
    expect(await status(world, id)).toBe("running");
    const parts = Math.ceil(bytes / LIMITS.partBytes);
    expect(count(standIn, /^POST \/v1\/uploads$/)).toBe(count(standIn, /complete$/));
    const training = ranges.slice(0, parts);
    expect(training.map(({ offset }) => offset)).toEqual(Array.from({ length: parts }, (_, i) => i * LIMITS.partBytes));
    for (const { length } of ranges) expect(length).toBeLessThanOrEqual(LIMITS.partBytes);
    // No part was in memory as a whole: it came and went in pieces.
    const sent = standIn.calls.filter(({ call }) => call.endsWith("/parts"));
    expect(sent.length).toBe(ranges.length);
    for (const { chunks } of sent) expect(Math.max(...chunks)).toBeLessThan(LIMITS.partBytes);
    // Its checks of the file say whether all of it is there, in order: five looks and the model is trained.
    for (let i = 0; i < 5; i++) {
      world.now += 60_000;
      await world.sweep();
      await world.deliver();
    }
    expect(await status(world, id)).toBe("succeeded");
    expect(count(standIn, /^POST .*jobs$/)).toBe(1);
  });

  it("sends no part twice when a worker dies between two, and completes once", async () => {
    let parts = 0;
    const { world, standIn, id, run, bytes, validation } = await aWorld((call) => {
      if (!call.endsWith("/parts") || ++parts !== 3) return undefined;
      throw new Error("connection lost");
    });
    await run();
    expect(await status(world, id)).toBe("uploading");
    world.now += 120_000;
    await run();
    expect(await status(world, id)).toBe("running");
    // The training file's and, in parts or whole, the validation file's; the part that was lost is sent again.
    const needed = Math.ceil(bytes / LIMITS.partBytes) + Math.ceil(validation / LIMITS.partBytes);
    expect(validation).toBeGreaterThan(LIMITS.mostInOne);
    expect(count(standIn, /parts$/)).toBe(needed + 1);
    expect(count(standIn, /^POST \/v1\/uploads$/)).toBe(2);
    expect(count(standIn, /complete$/)).toBe(2);
    expect(count(standIn, /cancel$/)).toBe(0);
  });

  it("is started over when the upload has expired at the provider", async () => {
    let parts = 0;
    const { world, standIn, id, run } = await aWorld((call) => {
      if (!call.endsWith("/parts")) return undefined;
      parts += 1;
      if (parts === 3) throw new Error("connection lost");
      if (parts === 4) return Response.json({ error: { message: "Upload has expired." } }, { status: 400 });
      return undefined;
    });
    await run();
    world.now += 3_700_000;
    await run();
    expect(await status(world, id)).toBe("running");
    expect(count(standIn, /^POST \/v1\/uploads$/)).toBe(3);
    expect(count(standIn, /cancel$/)).toBe(1);
  });

  it("is cancelled at the provider when it fails for good", async () => {
    let parts = 0;
    const { world, standIn, id, run } = await aWorld((call) =>
      call.endsWith("/parts") && ++parts === 2
        ? Response.json({ error: { message: "This part is not welcome." } }, { status: 400 })
        : undefined,
    );
    await run();
    await world.deliver();
    const { status: ended, error } = await world.json("GET", `/v1/fine-tunes/${id}`);
    expect(ended).toBe("failed");
    expect(error).toContain("not welcome");
    expect(count(standIn, /^POST \/v1\/uploads\/upload_\d+\/cancel$/)).toBe(1);
    expect(count(standIn, /complete$/)).toBe(0);
    expect(count(standIn, /jobs$/)).toBe(0);
  });

  it("is dropped, and no job is started, when somebody cancels while it goes up", async () => {
    // Who cancels and who uploads both end the upload; the later one finds it gone.
    const logged = vi.spyOn(log, "warn").mockReturnValue();
    let parts = 0;
    let cancelling: Promise<Response> | null = null;
    const made = await aWorld((call) => {
      if (call.endsWith("/parts") && ++parts === 2)
        cancelling = made.world.call("POST", `/v1/fine-tunes/${made.id}/cancel`);
      return undefined;
    });
    await made.run();
    await cancelling;
    await made.world.deliver();
    expect(logged.mock.calls.filter(([event]) => event !== "upload_not_cancelled")).toEqual([]);
    logged.mockRestore();
    expect(await status(made.world, made.id)).toBe("cancelled");
    expect(count(made.standIn, /uploads\/upload_\d+\/cancel$/)).toBeGreaterThan(0);
    expect(count(made.standIn, /complete$/)).toBe(0);
    expect(count(made.standIn, /^POST .*jobs$/)).toBe(0);
  });
});

describe("a fine-tune that is cancelled while its job is being started", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("has that job cancelled, which nobody would know of", async () => {
    let cancel: (() => Promise<unknown>) | null = null;
    const standIn = standInFetch();
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
      const answer = await standIn.fetch(url, init);
      if (init.method === "POST" && url.endsWith("/fine_tuning/jobs")) await cancel?.();
      return answer;
    });
    const world = createWorld();
    await clearAll();
    await insertImprovements(60, 30);
    const { id: export_id } = await world.json("POST", "/v1/exports", {});
    await world.deliver();
    const asked = { export_id, base_model: "stand-in", method: "supervised" };
    const { id } = await world.json("POST", "/v1/fine-tunes", asked);
    cancel = () => world.call("POST", `/v1/fine-tunes/${id}/cancel`);
    await world.deliver();
    expect((await world.json("GET", `/v1/fine-tunes/${id}`)).status).toBe("cancelled");
    expect(standIn.calls.map(({ call }) => call)).toContain("POST /v1/fine_tuning/jobs/ftjob-000001/cancel");
  });
});
