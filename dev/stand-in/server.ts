import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import type { Hono } from "hono";
import { createStandIn, type StandInOptions } from "./app.ts";

export interface StandIn {
  /** What to set as OPENAI_BASE_URL. */
  baseUrl: string;
  server: Server;
  close(): Promise<void>;
}

/** Starts the stand-in as an HTTP server on this machine. @param port 0 (default): any free one */
export async function startStandIn({
  port = 0,
  ...options
}: StandInOptions & { port?: number } = {}): Promise<StandIn> {
  const app = createStandIn(options);
  const server = createServer((incoming, outgoing) => {
    // A client that goes away is its own affair.
    serve(app, incoming, outgoing).catch(() => outgoing.destroy());
  });
  // Clients keep connections open between the calls of a run; the default of 5 s would close one under a request.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(app: Hono, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = "GET", url = "/", headers } = incoming;
  const body = method === "GET" || method === "HEAD" ? null : Readable.toWeb(incoming);
  const init = { method, headers: headers as Record<string, string>, body, duplex: "half" };
  const response = await app.fetch(new Request(`http://stand-in${url}`, init as RequestInit));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) outgoing.end();
  else await pipeline(Readable.fromWeb(response.body as ReadableStream), outgoing);
}
