import type { IncomingMessage, ServerResponse } from "node:http";
import { dispatch } from "../../dev/stand-in/http.ts";
import { standInRoutes } from "../../dev/stand-in/server.ts";

/** One call that the stand-in answered. */
export interface StandInCall {
  call: string;
  /** Bytes of the body, as they came. */
  chunks: number[];
}

/**
 * The stand-in as a `fetch`: its own routes, answering inside the tests' runtime, where no server can listen.
 * @param before may answer in its place, or throw as a network does
 */
export function standInFetch(before: (call: string) => Response | undefined = () => undefined) {
  const routes = standInRoutes();
  const calls: StandInCall[] = [];
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const given = new Request(input as RequestInfo, init);
    const url = new URL(given.url);
    const seen: StandInCall = { call: `${given.method} ${url.pathname}`, chunks: [] };
    calls.push(seen);
    const instead = before(seen.call);
    const body = given.body;
    if (instead !== undefined) {
      for await (const chunk of body ?? []) seen.chunks.push((chunk as Uint8Array).byteLength);
      return instead;
    }
    const request = {
      method: given.method,
      url: url.pathname + url.search,
      headers: Object.fromEntries(given.headers),
      async *[Symbol.asyncIterator]() {
        for await (const chunk of body ?? []) {
          seen.chunks.push((chunk as Uint8Array).byteLength);
          yield Buffer.from(chunk as Uint8Array);
        }
      },
    };
    return new Promise<Response>((resolve, reject) => {
      let head = { status: 200, headers: {} as Record<string, string> };
      let text = "";
      const response = {
        headersSent: false,
        writeHead(status: number, headers: Record<string, string | number>) {
          head = { status, headers: Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, String(v)])) };
          this.headersSent = true;
        },
        write(part: string) {
          text += part;
        },
        end(part = "") {
          resolve(new Response(text + part, head));
        },
        destroy: () => reject(new Error("the stand-in closed the connection")),
      };
      dispatch(routes, request as unknown as IncomingMessage, response as unknown as ServerResponse).catch(reject);
    });
  };
  return { fetch: fetch as typeof globalThis.fetch, calls };
}
