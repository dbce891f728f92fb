import { Agent, request as openRequest } from "node:http";
import type { Answer, FuzzRequest } from "./request.ts";

/** Nothing of ours takes this long; what does hangs. */
export const MOST_MS = 10_000;

export type Send = (request: FuzzRequest) => Promise<Answer>;

/** Sends requests exactly as they are, which `fetch` would not: any method, header and body. Keeps connections open. */
export function createSender(port: number, connections: number): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  return async (request) => {
    const first = await sendOnce(agent, port, request);
    // A connection that was kept open and closed under a request says nothing about the request.
    return first.fault !== null && CLOSED.test(first.fault) ? sendOnce(agent, port, request) : first;
  };
}

const CLOSED = /ECONNRESET|EPIPE|socket hang up/;

function sendOnce(agent: Agent, port: number, { method, path, headers, body, chunked }: FuzzRequest): Promise<Answer> {
  const began = performance.now();
  return new Promise((resolve) => {
    const timer = setTimeout(() => end(0, {}, [], "no answer in time"), MOST_MS);
    const end = (status: number, given: NodeJS.Dict<string | string[]>, parts: Buffer[], fault: string | null) => {
      clearTimeout(timer);
      const named = Object.entries(given).map(([name, value]) => [name, String(value)]);
      const ms = performance.now() - began;
      resolve({ status, headers: Object.fromEntries(named), body: Buffer.concat(parts), ms, fault });
      if (fault !== null) outgoing.destroy();
    };
    const outgoing = openRequest({ agent, host: "127.0.0.1", port, method, path });
    for (const [name, value] of headers) outgoing.setHeader(name, value);
    // Said outright: for some methods Node frames no body by itself.
    if (body !== null && chunked) outgoing.setHeader("transfer-encoding", "chunked");
    else if (body !== null) outgoing.setHeader("content-length", body.byteLength);
    outgoing.on("response", (incoming) => {
      const parts: Buffer[] = [];
      incoming.on("data", (part: Buffer) => parts.push(part));
      incoming.on("end", () => end(incoming.statusCode ?? 0, incoming.headers, parts, null));
      incoming.on("error", (error) => end(incoming.statusCode ?? 0, incoming.headers, parts, error.message));
    });
    outgoing.on("error", (error) => end(0, {}, [], error.message));
    if (body !== null && chunked) outgoing.write(body);
    outgoing.end(body !== null && !chunked ? body : undefined);
  });
}
