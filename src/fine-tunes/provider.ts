import { z } from "zod";
import { type Config, fineTuneKey } from "../config.ts";
import type { FineTuneOptions } from "../db/schema/fine-tunes.ts";
import { textWithoutPersonalData } from "../guards/without-personal-data.ts";
import { describeError } from "../lib/errors.ts";
import { excerpt } from "../lib/text.ts";
import { SECOND } from "../lib/time.ts";

/** Calls that move no file answer within this time, or not at all. */
const TIMEOUT_MS = 60 * SECOND;

const MESSAGE_LENGTH = 400;

/** Pages of files that are looked through, of 10,000 at OpenAI. */
const MOST_PAGES = 20;

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

/** Text and numbers that a provider may leave out, or may send as something else one day. */
const text = z.string().min(1).nullable().catch(null);
const number = z.number().nullable().catch(null);

/** A provider's words, which may quote a line of the file. */
function shown(message: string): string {
  return excerpt(textWithoutPersonalData(message), MESSAGE_LENGTH);
}

const created = z.object({ id: z.string().min(1) });
const newId = created.transform(({ id }) => id);
const fileId = z.object({ file: newId }).transform(({ file }) => file);

const file = created.extend({ filename: text });

const job = created.extend({
  status: z.string().min(1).catch("unknown"),
  fine_tuned_model: text,
  trained_tokens: number,
  error: z
    .object({ message: text.transform((message) => message && shown(message)) })
    .nullable()
    .catch(null),
  metadata: z.record(z.string(), z.unknown()).nullable().catch(null),
});

const event = z.object({
  created_at: z.number().catch(0),
  level: z.string().min(1).catch("info"),
  message: z.string().catch("").transform(shown),
  data: z
    .object({ step: number, train_loss: number, valid_loss: number, full_valid_loss: number })
    .partial()
    .nullish()
    .catch(null),
});
export type ProviderEvent = z.infer<typeof event>;

const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item).nullish(), has_more: z.boolean().nullish().catch(null) });

export type FineTuneProvider = ReturnType<typeof createProvider>;

/** Any service with OpenAI's fine-tuning API, at FINE_TUNE_BASE_URL. All of it throws ProviderError. */
export function createProvider(config: Config) {
  const { call, sendFile } = createCaller(config);
  return {
    /** Uploads a file of up to 512 MB, streamed. @returns its id */
    uploadFile: (name: string, bytes: number, content: ReadableStream) =>
      sendFile("/files", { purpose: "fine-tune" }, { field: "file", name, bytes, content }),
    /** Begins an upload in parts of at most 64 MB. @returns its id */
    beginUpload: (filename: string, bytes: number) =>
      call(newId, "/uploads", { filename, bytes, purpose: "fine-tune", mime_type: "text/jsonl" }),
    /** @returns the id of the part */
    uploadPart: (uploadId: string, bytes: number, content: ReadableStream) =>
      sendFile(`/uploads/${uploadId}/parts`, {}, { field: "data", name: "part", bytes, content }),
    deleteFile: (id: string) => call(z.unknown(), `/files/${id}`, undefined, "DELETE"),
    /** The ids of the files whose names begin like this. */
    async findFiles(prefix: string): Promise<string[]> {
      const found: string[] = [];
      for (let after = "", page = 0; page < MOST_PAGES; page++) {
        const { data, has_more } = await call(listOf(file), `/files?purpose=fine-tune&limit=10000${after}`);
        found.push(...(data ?? []).flatMap(({ id, filename }) => (filename?.startsWith(prefix) ? id : [])));
        const last = data?.at(-1);
        if (has_more !== true || last === undefined) break;
        after = `&after=${last.id}`;
      }
      return found;
    },
    cancelUpload: (uploadId: string) => call(z.unknown(), `/uploads/${uploadId}/cancel`, {}),
    /** @returns the id of the file */
    completeUpload: (uploadId: string, part_ids: string[]) =>
      call(fileId, `/uploads/${uploadId}/complete`, { part_ids }),
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
      const { data } = await call(listOf(job), "/fine_tuning/jobs?limit=50");
      return data?.find(({ metadata }) => metadata?.redraft === tag);
    },
    getJob: (id: string) => call(job, `/fine_tuning/jobs/${id}`),
    cancelJob: (id: string) => call(z.unknown(), `/fine_tuning/jobs/${id}/cancel`, {}),
    /** The newest events, oldest first. */
    async listEvents(id: string): Promise<ProviderEvent[]> {
      const { data } = await call(listOf(event), `/fine_tuning/jobs/${id}/events?limit=100`);
      return (data ?? []).toSorted((a, b) => a.created_at - b.created_at);
    },
  };
}

/** The calls themselves. An answer that is not what its schema says is an error too. */
function createCaller(config: Config) {
  async function send<T extends z.ZodType>(schema: T, path: string, init: RequestInit): Promise<z.infer<T>> {
    const headers = { authorization: `Bearer ${fineTuneKey(config)}`, ...init.headers };
    let response: Response;
    try {
      // A redirect would take the key and the file to another place.
      response = await fetch(`${config.FINE_TUNE_BASE_URL}${path}`, { ...init, headers, redirect: "manual" });
    } catch (error) {
      throw new ProviderError(
        "retry",
        `The provider cannot be reached: ${excerpt(describeError(error), MESSAGE_LENGTH)}`,
      );
    }
    // What is not JSON is undefined, which no schema of an answer takes.
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw errorOf(response.status, answer);
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw new ProviderError("retry", "The provider's answer is not what its API promises.");
    return parsed.data;
  }
  return {
    /** @param body with it, a POST */
    call<T extends z.ZodType>(schema: T, path: string, body?: object, method = "GET"): Promise<z.infer<T>> {
      const headers = { "content-type": "application/json" };
      const given = body ? { method: "POST", headers, body: JSON.stringify(body) } : { method };
      return send(schema, path, { ...given, signal: AbortSignal.timeout(TIMEOUT_MS) });
    },
    sendFile: async (path: string, fields: Record<string, string>, file: FilePart) =>
      send(newId, path, { method: "POST", ...(await streamForm(fields, file)) }),
  };
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

function errorOf(status: number, answer: unknown): ProviderError {
  const message = shown(refusal.safeParse(answer).data?.error.message ?? `status ${status}`);
  if (status === 401 || status === 403 || NO_PERMISSION.test(message))
    return new ProviderError("refused", `The provider refuses: ${message} ${INSTEAD}`);
  const passing = status === 408 || status === 409 || status === 429 || status >= 500;
  return new ProviderError(passing ? "retry" : "invalid", `The provider says: ${message}`, status === 404);
}

interface FilePart {
  field: string;
  name: string;
  bytes: number;
  content: ReadableStream;
}

/**
 * A form with one file in it, streamed, its length known beforehand, as providers ask for. The platform writes the
 * form around an empty file, since with the file itself it would hold all of it in memory; the content then goes in.
 */
async function streamForm(fields: Record<string, string>, { field, name, bytes, content }: FilePart) {
  const form = new FormData();
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append(field, new Blob([], { type: "application/jsonl" }), name);
  const empty = new Response(form);
  const headers = { "content-type": empty.headers.get("content-type") ?? "" };
  const around = new TextDecoder().decode(await empty.arrayBuffer());
  const at = around.lastIndexOf("\r\n--");
  const [head, foot] = [new Blob([around.slice(0, at)]), new Blob([around.slice(at)])];
  const { readable, writable } = new FixedLengthStream(head.size + bytes + foot.size);
  void pump([head.stream(), content, foot.stream()], writable);
  return { headers, body: readable };
}

async function pump(parts: ReadableStream[], writable: WritableStream): Promise<void> {
  try {
    for (const part of parts) await part.pipeTo(writable, { preventClose: true });
    await writable.close();
  } catch (error) {
    // The request that reads the other end fails with it, and says so.
    await writable.abort(error).catch(() => {});
  }
}
