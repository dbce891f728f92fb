import { setTimeout as sleep } from "node:timers/promises";

/** An answer that was not 2xx, with what it said. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Client {
  url: string;
  /** Asks for JSON, again for a while when the server has trouble. @throws HttpError */
  get<T>(path: string): Promise<T>;
  /** Sends JSON, or a stream of NDJSON. @throws HttpError */
  post<T>(path: string, body: object): Promise<T>;
  postNdjson<T>(path: string, body: ReadableStream): Promise<T>;
  download(path: string): Promise<Response>;
}

/** The API of a running Worker, with its key. */
export function createClient(url: string, key: string): Client {
  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${key}`, ...init.headers };
    const response = await fetch(`${url}${path}`, { ...init, headers });
    if (response.ok) return response;
    const text = await response.text();
    throw new HttpError(response.status, `${init.method ?? "GET"} ${path}: ${response.status} ${text.slice(0, 600)}`);
  }
  const json = async <T>(response: Promise<Response>) => (await (await response).json()) as T;
  return {
    url,
    get: (path) => json(patiently(() => ask(path))),
    post: (path, body) =>
      json(ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) })),
    postNdjson(path, body) {
      const init: RequestInit & { duplex: "half" } = {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body: body as RequestInit["body"],
        duplex: "half",
      };
      return json(ask(path, init));
    },
    download: (path) => patiently(() => ask(path)),
  };
}

/** How long a read is tried again: `wrangler dev` restarts the Worker whenever a source file changes. */
const PATIENCE_MS = 30_000;

async function patiently<T>(read: () => Promise<T>): Promise<T> {
  const giveUp = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      const passing = !(error instanceof HttpError) || error.status >= 500;
      if (!passing || Date.now() > giveUp) throw error;
      await sleep(1_000);
    }
  }
}

/** Waits until the Worker answers. @throws Error when it has not after `timeoutMs`, or when `ended` settles first */
export async function waitUntilUp(url: string, ended: Promise<unknown>, timeoutMs = 60_000): Promise<void> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const giveUp = Date.now() + timeoutMs;
  while (!over && Date.now() < giveUp) {
    try {
      const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) });
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Not up yet.
    }
    await sleep(150);
  }
  throw new Error(over ? "the Worker ended before it was up" : `the Worker was not up after ${timeoutMs / 1000} s`);
}

/** Fires the cron trigger again and again, as Cloudflare does every minute and `wrangler dev` never does. @returns ends it */
export function keepCron(url: string, everyMs = 60_000): () => void {
  const timer = setInterval(() => void fireCron(url), everyMs);
  return () => clearInterval(timer);
}

/** Fires it once. */
export async function fireCron(url: string): Promise<void> {
  try {
    const response = await fetch(`${url}/cdn-cgi/handler/scheduled`, { signal: AbortSignal.timeout(60_000) });
    await response.body?.cancel();
  } catch {
    // Down or restarting: the next minute will do.
  }
}
