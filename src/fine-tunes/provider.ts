import { type Config, fineTuneKey } from "../config.ts";
import type { FineTuneOptions } from "../db/schema/fine-tunes.ts";
import { excerpt } from "../lib/text.ts";
import { SECOND } from "../lib/time.ts";

/** Calls that move no file answer within this time, or not at all. */
const TIMEOUT_MS = 60 * SECOND;

const MESSAGE_LENGTH = 400;

/** What went wrong at the provider, in words that may be shown. */
export class ProviderError extends Error {
  /** `refused`: the key may not do this. `retry`: it may pass. `invalid`: it will not. */
  readonly kind: "refused" | "retry" | "invalid";

  constructor(kind: ProviderError["kind"], message: string) {
    super(message);
    this.name = "ProviderError";
    this.kind = kind;
  }
}

export interface ProviderJob {
  id: string;
  status: string;
  model: string | null;
  trainedTokens: number | null;
  error: string | null;
}

export interface ProviderEvent {
  at: number;
  level: string;
  message: string;
  step: number | null;
  trainLoss: number | null;
  validLoss: number | null;
}

export type FineTuneProvider = ReturnType<typeof createProvider>;

/** Any service with OpenAI's fine-tuning API, at FINE_TUNE_BASE_URL. */
export function createProvider(config: Config) {
  const base = config.FINE_TUNE_BASE_URL;
  const authorization = { authorization: `Bearer ${fineTuneKey(config)}` };

  async function ask(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    let response: Response;
    try {
      // A redirect would take the key and the file to another place.
      const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) };
      response = await fetch(`${base}${path}`, { ...init, method, headers, redirect: "manual" });
    } catch (error) {
      throw new ProviderError("retry", `The provider can not be reached: ${excerpt(String(error), MESSAGE_LENGTH)}`);
    }
    const text = await response.text();
    if (!response.ok) throw errorOf(response.status, text);
    return parse(text) ?? fail();
  }
  const askJson = (method: string, path: string, body?: object) =>
    ask(method, path, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
  const sendFile = async (path: string, fields: Record<string, string>, file: FilePart) => {
    const { body, contentType } = multipart(fields, file);
    return idOf(await ask("POST", path, { body, headers: { "content-type": contentType } }));
  };

  return {
    /** Uploads a file of up to 512 MB, streamed. @returns its id */
    uploadFile: (name: string, bytes: number, content: ReadableStream) =>
      sendFile("/files", { purpose: "fine-tune" }, { field: "file", name, bytes, content }),
    /** Begins an upload in parts of at most 64 MB. @returns its id */
    beginUpload: async (filename: string, bytes: number) =>
      idOf(await askJson("POST", "/uploads", { filename, bytes, purpose: "fine-tune", mime_type: "text/jsonl" })),
    uploadPart: (uploadId: string, bytes: number, content: ReadableStream) =>
      sendFile(`/uploads/${uploadId}/parts`, {}, { field: "data", name: "part", bytes, content }),
    async cancelUpload(uploadId: string): Promise<void> {
      await askJson("POST", `/uploads/${uploadId}/cancel`, {});
    },
    /** @returns the id of the file */
    async completeUpload(uploadId: string, partIds: string[]): Promise<string> {
      const { file } = await askJson("POST", `/uploads/${uploadId}/complete`, { part_ids: partIds });
      return idOf((file ?? {}) as Answer);
    },
    async startJob(
      { base_model, method, suffix, hyperparameters }: FineTuneOptions,
      { training, validation, tag }: { training: string; validation: string | null; tag: string },
    ): Promise<ProviderJob> {
      const job = await askJson("POST", "/fine_tuning/jobs", {
        model: base_model,
        training_file: training,
        ...(validation !== null && { validation_file: validation }),
        ...(suffix !== undefined && { suffix }),
        method: { type: method, [method]: hyperparameters === undefined ? {} : { hyperparameters } },
        metadata: { redraft: tag },
      });
      return toJob(job);
    },
    /** The job that carries a tag, among the newest: one that was started by a worker that died before it knew. */
    async findJob(tag: string): Promise<ProviderJob | null> {
      const { data } = await askJson("GET", "/fine_tuning/jobs?limit=50");
      const jobs = Array.isArray(data) ? (data as Answer[]) : [];
      const mine = jobs.find(({ metadata }) => (metadata as Answer | null)?.redraft === tag);
      return mine === undefined ? null : toJob(mine);
    },
    getJob: async (id: string) => toJob(await askJson("GET", `/fine_tuning/jobs/${id}`)),
    async cancelJob(id: string): Promise<void> {
      await askJson("POST", `/fine_tuning/jobs/${id}/cancel`, {});
    },
    /** The newest events, oldest first. */
    async listEvents(id: string): Promise<ProviderEvent[]> {
      const { data } = await askJson("GET", `/fine_tuning/jobs/${id}/events?limit=100`);
      const events = Array.isArray(data) ? (data as Answer[]) : [];
      return events.map(toEvent).toSorted((a, b) => a.at - b.at);
    },
  };
}

type Answer = Record<string, unknown>;

function parse(text: string): Answer | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Answer) : null;
  } catch {
    return null;
  }
}

function fail(): never {
  throw new ProviderError("retry", "The provider's answer is not JSON.");
}

function idOf({ id }: Answer): string {
  return typeof id === "string" && id !== "" ? id : fail();
}

const textOf = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);
const numberOf = (value: unknown) => (typeof value === "number" && Number.isFinite(value) ? value : null);

function toJob(job: Answer): ProviderJob {
  return {
    id: idOf(job),
    status: textOf(job.status) ?? "unknown",
    model: textOf(job.fine_tuned_model),
    trainedTokens: numberOf(job.trained_tokens),
    error: textOf((job.error as Answer | null)?.message),
  };
}

function toEvent(event: Answer): ProviderEvent {
  const data = (event.data ?? {}) as Answer;
  return {
    at: (numberOf(event.created_at) ?? 0) * SECOND,
    level: textOf(event.level) ?? "info",
    message: excerpt(textOf(event.message) ?? "", MESSAGE_LENGTH),
    step: numberOf(data.step),
    trainLoss: numberOf(data.train_loss),
    validLoss: numberOf(data.valid_loss) ?? numberOf(data.full_valid_loss),
  };
}

const NO_PERMISSION =
  /fine-?tun\w* (?:is )?(?:not|no longer) (?:available|supported|allowed)|not allowed to (?:fine|create)/i;

/** The ways that are left when a provider takes no fine-tuning job of this key. */
const INSTEAD =
  "OpenAI takes no new fine-tuning customers since May 2026 and no new jobs at all from 6 January 2027. What to do " +
  "instead: set FINE_TUNE_BASE_URL and FINE_TUNE_API_KEY to a service that has the same API; or download the file, " +
  "which Azure, Together and Fireworks take unchanged and TRL and Axolotl read; or let POST /v1/prompts add the " +
  "guidance to the bot's prompts, which needs no training.";

function errorOf(status: number, body: string): ProviderError {
  const error = parse(body)?.error as Answer | undefined;
  const message = excerpt(textOf(error?.message) ?? `status ${status}`, MESSAGE_LENGTH);
  if (status === 401 || status === 403 || NO_PERMISSION.test(message))
    return new ProviderError("refused", `The provider refuses: ${message} ${INSTEAD}`);
  const passing = status === 408 || status === 409 || status === 429 || status >= 500;
  return new ProviderError(passing ? "retry" : "invalid", `The provider says: ${message}`);
}

interface FilePart {
  field: string;
  name: string;
  bytes: number;
  content: ReadableStream;
}

/** A form with one file in it, streamed, with its length known beforehand, as providers ask for. */
function multipart(fields: Record<string, string>, file: FilePart): { body: ReadableStream; contentType: string } {
  const boundary = `redraft-${crypto.randomUUID()}`;
  const encoder = new TextEncoder();
  const given = Object.entries(fields).map(
    ([name, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const disposition = `content-disposition: form-data; name="${file.field}"; filename="${file.name}"`;
  const head = encoder.encode(
    `${given.join("")}--${boundary}\r\n${disposition}\r\ncontent-type: application/jsonl\r\n\r\n`,
  );
  const foot = encoder.encode(`\r\n--${boundary}--\r\n`);
  const { readable, writable } = new FixedLengthStream(head.byteLength + file.bytes + foot.byteLength);
  void pump(writable, head, file.content, foot);
  return { body: readable, contentType: `multipart/form-data; boundary=${boundary}` };
}

async function pump(writable: WritableStream, head: Uint8Array, content: ReadableStream, foot: Uint8Array) {
  try {
    const first = writable.getWriter();
    await first.write(head);
    first.releaseLock();
    await content.pipeTo(writable, { preventClose: true });
    const last = writable.getWriter();
    await last.write(foot);
    await last.close();
  } catch (error) {
    // The request that reads the other end fails with it, and says so.
    await writable.abort(error).catch(() => {});
  }
}
