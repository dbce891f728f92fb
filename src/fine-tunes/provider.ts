import { z } from "zod";
import { type Config, fineTuneKey } from "../config.ts";
import type { FineTuneOptions } from "../db/schema/fine-tunes.ts";
import { describeError } from "../lib/errors.ts";
import { SECOND } from "../lib/time.ts";
import { type Deadlines, fetchWithDeadlines } from "../llm/deadlines.ts";
import { answersOf, type ProviderEvent, toldBy } from "./provider-answers.ts";
import { type FilePart, streamForm } from "./stream-form.ts";

/** How long a provider may take, and how large its answers may be. */
export interface ProviderDeadlines {
  /** For calls that move no file. */
  call: Deadlines;
  /** A file's bytes may take this much longer before an answer has to begin. */
  bytesPerSecond: number;
}

export const PROVIDER_DEADLINES: ProviderDeadlines = {
  // Fifty jobs with all their metadata are half a megabyte.
  call: { headersMs: 60 * SECOND, betweenChunksMs: 30 * SECOND, totalMs: 90 * SECOND, maxBytes: 4 * 1024 * 1024 },
  // A part of 64 MB has two minutes. A file of 512 MB in one request has ten: the message that a worker works on has 15.
  bytesPerSecond: 1_000_000,
};

/** Pages of files that are looked through, of 10,000 at OpenAI, and for how long at most: a list may never end. */
const MOST_PAGES = 20;
const LIST_CALLS = 3;
const MOST_FOUND = 100;

/** What went wrong at the provider, in words that may be shown. */
export class ProviderError extends Error {
  /** `refused`: the key may not do this. `retry`: it may pass. `invalid`: it will not. */
  readonly kind: "refused" | "retry" | "invalid";
  /** There is no such thing at the provider. */
  readonly isMissing: boolean;

  constructor(kind: ProviderError["kind"], message: string, isMissing = false) {
    super(message);
    this.name = "ProviderError";
    this.kind = kind;
    this.isMissing = isMissing;
  }
}

export type FineTuneProvider = ReturnType<typeof createProvider>;

/** Any service with OpenAI's fine-tuning API, at FINE_TUNE_BASE_URL. All of it throws ProviderError. */
export function createProvider(config: Config, deadlines: ProviderDeadlines = PROVIDER_DEADLINES) {
  const keys = [fineTuneKey(config), config.OPENAI_API_KEY];
  const { newId, fileId, job, jobs, events, files } = answersOf(keys);
  const { call, send } = createCaller(config, keys, deadlines);
  const sendFile = (path: string, fields: Record<string, string>, file: FilePart) => send(newId, path, fields, file);
  return {
    /** Uploads a file of up to 512 MB, streamed. @returns its id */
    uploadFile: (name: string, bytes: number, content: ReadableStream) =>
      sendFile("/files", { purpose: "fine-tune" }, { field: "file", name, bytes, content }),
    /** Begins an upload in parts of at most 64 MB. @returns its id */
    beginUpload: (filename: string, bytes: number) =>
      call(newId, "/uploads", { filename, bytes, purpose: "fine-tune", mime_type: "text/jsonl" }),
    /** @returns the id of the part */
    uploadPart: (uploadId: string, bytes: number, content: ReadableStream) =>
      sendFile(`/uploads/${segment(uploadId)}/parts`, {}, { field: "data", name: "part", bytes, content }),
    deleteFile: (id: string) => call(z.unknown(), `/files/${segment(id)}`, undefined, "DELETE"),
    /** The ids of the files whose names begin like this, a hundred at most: there is one of each kind and try. */
    async findFiles(prefix: string): Promise<string[]> {
      const found = new Set<string>();
      const until = Date.now() + LIST_CALLS * deadlines.call.totalMs;
      for (let after = "", page = 0; page < MOST_PAGES && Date.now() < until; page++) {
        const { data, has_more } = await call(files, `/files?purpose=fine-tune&limit=10000${after}`);
        for (const { id, filename } of data ?? []) if (filename?.startsWith(prefix)) found.add(id);
        const last = data?.at(-1);
        const next = last && `&after=${segment(last.id)}`;
        if (has_more !== true || next === undefined || next === after || found.size >= MOST_FOUND) break;
        after = next;
      }
      return [...found].slice(0, MOST_FOUND);
    },
    cancelUpload: (uploadId: string) => call(z.unknown(), `/uploads/${segment(uploadId)}/cancel`, {}),
    /** @returns the id of the file */
    completeUpload: (uploadId: string, part_ids: string[]) =>
      call(fileId, `/uploads/${segment(uploadId)}/complete`, { part_ids }),
    startJob: (
      { base_model, method, suffix, hyperparameters }: FineTuneOptions,
      { training, validation, tag }: { training: string; validation: string | undefined; tag: string },
    ) =>
      call(job, "/fine_tuning/jobs", {
        ...{ model: base_model, training_file: training, validation_file: validation, suffix },
        method: { type: method, [method]: { hyperparameters } },
        metadata: { redraft: tag },
      }),
    /** The job that carries a tag, among the newest: one that was started by a worker that died before it knew. */
    async findJob(tag: string) {
      const { data } = await call(jobs, "/fine_tuning/jobs?limit=50");
      return data?.find(({ metadata }) => metadata?.redraft === tag);
    },
    getJob: (id: string) => call(job, `/fine_tuning/jobs/${segment(id)}`),
    cancelJob: (id: string) => call(z.unknown(), `/fine_tuning/jobs/${segment(id)}/cancel`, {}),
    /** The newest events, oldest first. */
    async listEvents(id: string): Promise<ProviderEvent[]> {
      const { data } = await call(events, `/fine_tuning/jobs/${segment(id)}/events?limit=100`);
      return (data ?? []).toSorted((a, b) => a.created_at - b.created_at);
    },
  };
}

/** An id as one piece of a path, wherever it is from. */
const segment = encodeURIComponent;

/** The calls themselves. An answer that is not what its schema says is an error too. */
function createCaller(config: Config, keys: string[], { call: limits, bytesPerSecond }: ProviderDeadlines) {
  const told = toldBy(keys);

  async function ask<T extends z.ZodType>(
    schema: T,
    path: string,
    init: RequestInit,
    deadlines: Deadlines,
  ): Promise<z.infer<T>> {
    const headers = { authorization: `Bearer ${fineTuneKey(config)}`, ...init.headers };
    let response: Response;
    let body: string;
    try {
      // It follows no redirect, which would take the key and the file to another place.
      const fetch = fetchWithDeadlines(deadlines, Date.now);
      response = await fetch(`${config.FINE_TUNE_BASE_URL}${path}`, { ...init, headers });
      body = await response.text();
    } catch (error) {
      throw new ProviderError("retry", `The provider cannot be reached: ${told(describeError(error))}`);
    }
    const answer = parse(body);
    if (!response.ok) throw errorOf(response.status, answer, told);
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw new ProviderError("retry", "The provider's answer is not what its API promises.");
    return parsed.data;
  }

  return {
    /** @param body with it, a POST */
    call<T extends z.ZodType>(schema: T, path: string, body?: object, method = "GET"): Promise<z.infer<T>> {
      const headers = { "content-type": "application/json" };
      const given = body ? { method: "POST", headers, body: JSON.stringify(body) } : { method };
      return ask(schema, path, given, limits);
    },
    async send<T extends z.ZodType>(schema: T, path: string, fields: Record<string, string>, file: FilePart) {
      const sending = new AbortController();
      const longer = (file.bytes / bytesPerSecond) * SECOND;
      const deadlines = { ...limits, headersMs: limits.headersMs + longer, totalMs: limits.totalMs + longer };
      try {
        const form = await streamForm(fields, file, sending.signal);
        return await ask(schema, path, { method: "POST", ...form }, deadlines);
      } finally {
        // What was not sent by now is sent for nothing.
        sending.abort();
      }
    },
  };
}

/** What is not JSON is undefined, which no schema of an answer takes. */
function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const NO_PERMISSION =
  /fine-?tun\w* (?:is )?(?:not|no longer) (?:available|supported|allowed)|not allowed to (?:fine|create)/i;

/** The ways that are left when a provider takes no fine-tuning job of this key. */
const INSTEAD =
  "OpenAI has taken no new fine-tuning customers since May 2026, and takes no new jobs at all from 6 January 2027. " +
  "What to do instead: set FINE_TUNE_BASE_URL and FINE_TUNE_API_KEY to a service with the same API; or download the " +
  "file, which Azure, Together and Fireworks take unchanged and TRL and Axolotl read; or let POST /v1/prompts add " +
  "guidance to the bot's prompts, which needs no training.";

const refusal = z.object({ error: z.object({ message: z.string().min(1) }) });

function errorOf(status: number, answer: unknown, told: (text: string) => string): ProviderError {
  const message = told(refusal.safeParse(answer).data?.error.message ?? `status ${status}`);
  if (status === 401 || status === 403 || NO_PERMISSION.test(message))
    return new ProviderError("refused", `The provider refuses: ${message} ${INSTEAD}`);
  const passing = status === 408 || status === 409 || status === 429 || status >= 500;
  return new ProviderError(passing ? "retry" : "invalid", `The provider says: ${message}`, status === 404);
}
