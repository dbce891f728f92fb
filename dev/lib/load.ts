/** An HTTP load generator, for servers on this machine. */
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const CONNECTIONS = 16;

/** A `POST` of JSON as it goes over the wire, made once and sent many times. */
export function requestOf(port: number, path: string, body: string, key: string): Buffer {
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${key}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** One keep-alive connection that has one request in flight. Parses only as much of HTTP as its answers use. */
class Connection {
  readonly #socket: Socket;
  #pending: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #got = Buffer.alloc(0);

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", (error) => this.#pending?.reject(error));
  }

  send(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(request);
    });
  }

  #read(chunk: Buffer<ArrayBuffer>): void {
    this.#got = this.#got.length === 0 ? chunk : Buffer.concat([this.#got, chunk]);
    const end = this.#got.indexOf("\r\n\r\n");
    if (end === -1) return;
    const head = this.#got.toString("latin1", 0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
    if (!head.startsWith("HTTP/1.1 200") || Number.isNaN(length)) {
      this.#pending?.reject(new Error(head));
      return;
    }
    if (this.#got.length < end + 4 + length) return;
    this.#got = this.#got.subarray(end + 4 + length);
    this.#pending?.resolve();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Sends requests with every connection busy. @returns how many were answered, in all and per second */
export async function load(port: number, request: Buffer, forMs: number): Promise<{ done: number; rate: number }> {
  const began = performance.now();
  let done = 0;
  const connections = Array.from({ length: CONNECTIONS }, () => new Connection(port));
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - began < forMs) {
        await connection.send(request);
        done += 1;
      }
      connection.close();
    }),
  );
  return { done, rate: done / ((performance.now() - began) / 1_000) };
}

/** The 99th percentile of the latency, in milliseconds, at a fixed rate; at most one in flight a connection. */
export async function paced(port: number, request: Buffer, rate: number, forMs: number): Promise<number> {
  const idle = Array.from({ length: CONNECTIONS }, () => new Connection(port));
  const all = [...idle];
  const took: number[] = [];
  const running = new Set<Promise<void>>();
  const began = performance.now();
  for (let due = 0; due < forMs; due += 1_000 / rate) {
    const wait = began + due - performance.now();
    if (wait > 1) await sleep(wait);
    const connection = idle.pop();
    if (connection === undefined) {
      await Promise.race(running);
      continue;
    }
    const sent = performance.now();
    const one = connection.send(request).then(() => {
      took.push(performance.now() - sent);
      idle.push(connection);
      running.delete(one);
    });
    running.add(one);
  }
  await Promise.all(running);
  for (const connection of all) connection.close();
  took.sort((a, b) => a - b);
  return took[Math.floor(took.length * 0.99)] ?? Number.NaN;
}

/** The middle value; of an even number of them the upper one of the two. */
export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
