import { afterEach, describe, expect, it, vi } from "vitest";
import { log } from "../../src/lib/log.ts";
import { passOn } from "../../src/prompts/pass-on.ts";

const DEADLINES = {
  ...{ headersMs: 100, betweenChunksMs: 100 },
  ...{ totalMs: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY },
};

/** Passes a chat on to a server that is a function; short deadlines. */
function pass(server: typeof fetch, signal = new AbortController().signal) {
  const to = { server: { baseUrl: "https://model.example/v1", key: "" }, body: [new TextEncoder().encode("{}")] };
  return passOn({ fetch: server, clock: Date.now }, to, { signal }, DEADLINES);
}

/** A stream that gives a piece every so many milliseconds, or stops giving any; and whether it was given up. */
function aStream(everyMs: number, pieces: number) {
  const seen = { cancelled: false };
  let given = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      if (given++ === pieces) return controller.close();
      controller.enqueue(new TextEncoder().encode(`data: ${given}\n\n`));
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  return { body, seen };
}

describe("a chat that is passed on", () => {
  afterEach(() => vi.restoreAllMocks());

  it("is given up when the server does not begin to answer", async () => {
    const logged = vi.spyOn(log, "error").mockReturnValue();
    let signal: AbortSignal | null | undefined;
    const silent = ((_: unknown, init?: RequestInit) => {
      signal = init?.signal;
      return new Promise(() => {});
    }) as typeof fetch;
    expect(await pass(silent)).toBeNull();
    expect(signal?.aborted).toBe(true);
    expect(logged.mock.calls.map(([event]) => event)).toEqual(["model_not_reached"]);
  });

  it("is given up when the answer stops coming, and not before", async () => {
    const { body } = aStream(30, 10);
    const streaming = await pass(async () => new Response(body));
    // Three times as long in all as any one wait may be.
    expect((await streaming?.text())?.match(/data/g)).toHaveLength(10);
    let signal: AbortSignal | null | undefined;
    const stuck = await pass((async (_: unknown, init?: RequestInit) => {
      signal = init?.signal;
      return new Response(aStream(10_000, 1).body);
    }) as typeof fetch);
    await expect(stuck?.text()).rejects.toThrow("the answer stopped coming");
    expect(signal?.aborted).toBe(true);
  });

  it("ends at the server when the caller hangs up, before the answer and within it", async () => {
    const logged = vi.spyOn(log, "error").mockReturnValue();
    const caller = new AbortController();
    const waiting = pass(
      ((_: unknown, init?: RequestInit) =>
        new Promise((_, reject) =>
          init?.signal?.addEventListener("abort", () => reject(new DOMException("Aborted", "AbortError"))),
        )) as typeof fetch,
      caller.signal,
    );
    caller.abort();
    expect(await waiting).toBeNull();
    expect(logged).not.toHaveBeenCalled();
    const { body, seen } = aStream(1, 1_000);
    const answer = await pass(async () => new Response(body));
    const reader = answer?.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(seen.cancelled).toBe(true);
  });
});
