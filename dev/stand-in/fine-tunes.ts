import { MODEL } from "./chat.ts";
import { faultOf, found, type StoredFile } from "./files.ts";
import { ApiError, type Route, readJson, sendJson } from "./http.ts";
import { type Learned, learn } from "./learned.ts";

interface Job {
  id: string;
  body: Record<string, unknown>;
  method: "supervised" | "dpo";
  training: StoredFile;
  validation: StoredFile | null;
  /** How often its state was asked for: each time it comes a step further. */
  looks: number;
  cancelled: boolean;
  fault: string | null;
}

/** The states of a job, one a look. */
const STATES = ["validating_files", "queued", "running", "running", "succeeded"];
const RUNNING_AT = 2;
const STEPS = 10;
const CREATED = 1_767_225_600;
/** Base models that answer as OpenAI does to those it gives no permission. */
const FORBIDDEN = "forbidden";

/**
 * Fine-tuning jobs with OpenAI's checks on the file. The resulting model knows the file's lines by heart, and is the
 * stand-in in all else (see `learned.ts`). The base model `forbidden` is refused, to show what that looks like.
 * @param tuned where finished models are kept, by their names
 */
export function fineTuneRoutes(files: Map<string, StoredFile>, tuned: Map<string, Learned>): Route[] {
  const jobs = new Map<string, Job>();
  return [
    {
      method: "POST",
      path: "/v1/fine_tuning/jobs",
      async handle({ request, response }) {
        const job = createJob(files, await readJson(request), jobs.size + 1);
        jobs.set(job.id, job);
        sendJson(response, jobBody(job));
      },
    },
    {
      method: "GET",
      path: "/v1/fine_tuning/jobs",
      handle: ({ response }) =>
        sendJson(response, { object: "list", data: [...jobs.values()].reverse().map(jobBody), has_more: false }),
    },
    {
      method: "GET",
      path: "/v1/fine_tuning/jobs/:id",
      handle({ response, params: { id = "" } }) {
        const job = found(jobs, id, "fine-tuning job");
        job.looks++;
        if (stateOf(job) !== "validating_files" && job.fault === null) job.fault = faultsOf(job);
        const model = modelOf(job);
        if (model !== null && !tuned.has(model)) tuned.set(model, learn(job.training.content.toString("utf8")));
        sendJson(response, jobBody(job));
      },
    },
    {
      method: "GET",
      path: "/v1/fine_tuning/jobs/:id/events",
      handle: ({ response, params: { id = "" } }) =>
        sendJson(response, { object: "list", data: eventsOf(found(jobs, id, "fine-tuning job")), has_more: false }),
    },
    {
      method: "POST",
      path: "/v1/fine_tuning/jobs/:id/cancel",
      handle({ response, params: { id = "" } }) {
        const job = found(jobs, id, "fine-tuning job");
        if (stateOf(job) === "succeeded") throw new ApiError(400, "The job has already completed.");
        job.cancelled = true;
        sendJson(response, jobBody(job));
      },
    },
  ];
}

function createJob(files: Map<string, StoredFile>, body: Record<string, unknown>, number: number): Job {
  const { model, training_file, validation_file, suffix } = body;
  const method = (body.method as { type?: string } | undefined)?.type ?? "supervised";
  if (model === FORBIDDEN)
    throw new ApiError(403, "Your organization is not allowed to create new fine-tuning jobs.", { code: "forbidden" });
  if (model !== MODEL) throw new ApiError(400, `The model ${String(model)} can not be tuned.`, { param: "model" });
  if (method !== "supervised" && method !== "dpo")
    throw new ApiError(400, "method.type must be supervised or dpo", { param: "method" });
  if (suffix !== undefined && (typeof suffix !== "string" || suffix.length < 1 || suffix.length > 64))
    throw new ApiError(400, "suffix must have 1 to 64 characters", { param: "suffix" });
  const training = found(files, String(training_file), "file");
  const validation = typeof validation_file === "string" ? found(files, validation_file, "file") : null;
  const id = `ftjob-${String(number).padStart(6, "0")}`;
  return { id, body, method, training, validation, looks: 0, cancelled: false, fault: null };
}

function faultsOf({ training, validation, method }: Job): string | null {
  const fault = faultOf(training, method);
  if (fault !== null) return fault;
  if (validation === null) return null;
  const lines = new Set(training.content.toString("utf8").split("\n"));
  const shared = validation.content
    .toString("utf8")
    .split("\n")
    .some((line) => line !== "" && lines.has(line));
  return shared ? "Training and validation files share examples." : null;
}

function stateOf(job: Job): string {
  if (job.cancelled) return "cancelled";
  if (job.fault !== null) return "failed";
  return STATES[Math.min(job.looks, STATES.length - 1)] ?? "queued";
}

/** The name of a job's model; null until it has succeeded. */
function modelOf(job: Job): string | null {
  const { suffix } = job.body;
  if (stateOf(job) !== "succeeded") return null;
  return `ft:${MODEL}:redraft:${typeof suffix === "string" ? suffix : "none"}:${job.id}`;
}

function jobBody(job: Job) {
  const status = stateOf(job);
  const done = status === "succeeded";
  return {
    id: job.id,
    object: "fine_tuning.job",
    created_at: CREATED,
    model: job.body.model,
    status,
    training_file: job.training.id,
    validation_file: job.validation?.id ?? null,
    fine_tuned_model: modelOf(job),
    trained_tokens: done ? Math.round(job.training.bytes / 4) * 3 : null,
    error: job.fault === null ? null : { code: "invalid_training_file", message: job.fault, param: "training_file" },
    metadata: job.body.metadata ?? null,
    method: job.body.method ?? null,
  };
}

/** Newest first. The loss falls as a loss does; nothing was trained. */
function eventsOf(job: Job) {
  const events: object[] = [];
  const say = (message: string, more: object = {}) =>
    events.push({
      object: "fine_tuning.job.event",
      id: `ftevent-${job.id}-${events.length}`,
      created_at: CREATED + events.length,
      level: "info",
      type: "message",
      message,
      data: {},
      ...more,
    });
  say(`Created fine-tuning job: ${job.id}`);
  if (job.fault !== null) say(job.fault, { level: "error" });
  const state = stateOf(job);
  if (job.looks >= RUNNING_AT && job.fault === null) {
    const steps = state === "succeeded" ? STEPS : Math.min(STEPS, (job.looks - 1) * 3);
    for (let step = 1; step <= steps; step++) {
      const loss = Number((0.4 + 1.6 * Math.exp(-step / 3)).toFixed(4));
      say(`Step ${step}/${STEPS}: training loss=${loss}`, {
        type: "metrics",
        data: { step, total_steps: STEPS, train_loss: loss, ...(job.validation && { valid_loss: loss + 0.05 }) },
      });
    }
  }
  if (state === "succeeded") say("The job has successfully completed");
  return events.reverse();
}
