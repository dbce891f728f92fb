import { createStandIn } from "../../dev/stand-in/app.ts";

/** One call that the stand-in answered. */
export interface StandInCall {
  call: string;
  /** Bytes of the body, as they came. */
  chunks: number[];
}

/**
 * The stand-in as a `fetch`: it answers inside the tests' runtime, where no server can listen.
 * @param before may answer in its place, or throw as a network does
 */
export function standInFetch(before: (call: string) => Response | undefined = () => undefined) {
  const standIn = createStandIn();
  const calls: StandInCall[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const given = new Request(input as RequestInfo, init);
    const { pathname } = new URL(given.url);
    const seen: StandInCall = { call: `${given.method} ${pathname}`, chunks: [] };
    calls.push(seen);
    const instead = before(seen.call);
    const counting = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        seen.chunks.push(chunk.byteLength);
        controller.enqueue(chunk);
      },
    });
    const body = given.body?.pipeThrough(counting) ?? null;
    if (instead === undefined) return standIn.fetch(new Request(given, { body }));
    // A provider reads what it is sent before it refuses it.
    await body?.pipeTo(new WritableStream());
    return instead;
  };
  return { fetch: fetch as typeof globalThis.fetch, calls };
}
