import { Hono } from "hono";
import { z } from "zod";
import { ApiError, CREATED, found, MODEL, readBody, record } from "./api.ts";
import type { StoredFile } from "./files.ts";
import { type Learned, learn } from "./learned.ts";
import { faultOf } from "./training-file.ts";

/** Base models that answer as OpenAI does to those it gives no permission. */
const FORBIDDEN = "forbidden";

const newJob = z.object({
  model: z.string(),
  training_file: z.string(),
  validation_file: z.string().nullish(),
  suffix: z.string().min(1).max(64).optional(),
  method: z.looseObject({ type: z.enum(["supervised", "dpo"]) }).default({ type: "supervised" }),
  metadata: record.nullish(),
});

interface Job {
  id: string;
  asked: z.infer<typeof newJob>;
  training: StoredFile;
  validation: StoredFile | null;
  /** How often its state was asked for: each time it comes a step further. */
  looks: number;
  cancelled: boolean;
  fault: string | null;
}

/** The states of a job, one a look. */
const STATES = ["validating_files", "queued", "running", "running", "succeeded"] as const;
const STEPS = 9;
const STEPS_A_LOOK = 3;

/**
 * Fine-tuning jobs with OpenAI's checks on the file. The resulting model knows the file's lines by heart, and is the
 * stand-in in all else (see `learned.ts`). The base model `forbidden` is refused, to show what that looks like.
 * @param tuned where finished models are kept, by their names
 */
export function fineTuneRoutes(files: Map<string, StoredFile>, tuned: Map<string, Learned>): Hono {
  const jobs = new Map<string, Job>();
  const jobOf = (id: string) => found(jobs, id, "fine-tuning job");
  return new Hono()
    .post("/fine_tuning/jobs", async (c) => {
      const job = createJob(files, await readBody(c, newJob), jobs.size + 1);
      jobs.set(job.id, job);
      return c.json(jobBody(job));
    })
    .get("/fine_tuning/jobs", (c) => c.json(listOf([...jobs.values()].reverse().map(jobBody))))
    .get("/fine_tuning/jobs/:id", (c) => {
      const job = jobOf(c.req.param("id"));
      job.looks++;
      job.fault ??= faultsOf(job);
      const model = modelOf(job);
      if (model !== null && !tuned.has(model)) tuned.set(model, learn(job.training.text ?? ""));
      return c.json(jobBody(job));
    })
    .get("/fine_tuning/jobs/:id/events", (c) => c.json(listOf(eventsOf(jobOf(c.req.param("id"))))))
    .post("/fine_tuning/jobs/:id/cancel", (c) => {
      const job = jobOf(c.req.param("id"));
      if (stateOf(job) === "succeeded") throw new ApiError(400, "The job has already completed.");
      job.cancelled = true;
      return c.json(jobBody(job));
    });
}

function listOf(data: object[]) {
  return { object: "list", data, has_more: false };
}

function createJob(files: Map<string, StoredFile>, asked: Job["asked"], number: number): Job {
  const { model, training_file, validation_file } = asked;
  if (model === FORBIDDEN)
    throw new ApiError(403, "Your organization is not allowed to create new fine-tuning jobs.", { code: "forbidden" });
  if (model !== MODEL) throw new ApiError(400, `The model ${model} cannot be tuned.`, { param: "model" });
  const training = found(files, training_file, "file");
  const validation = validation_file ? found(files, validation_file, "file") : null;
  const id = `ftjob-${String(number).padStart(6, "0")}`;
  return { id, asked, training, validation, looks: 0, cancelled: false, fault: null };
}

function faultsOf({ training, validation, asked }: Job): string | null {
  const fault = faultOf(training.text, asked.method.type);
  if (fault !== null || validation === null) return fault;
  const linesOf = ({ text }: StoredFile) => (text ?? "").split("\n").filter((line) => line !== "");
  const lines = new Set(linesOf(training));
  const shares = linesOf(validation).some((line) => lines.has(line));
  return shares ? "Training and validation files share examples." : null;
}

function stateOf({ cancelled, fault, looks }: Job): string {
  if (cancelled) return "cancelled";
  if (fault !== null) return "failed";
  return STATES[Math.min(looks, STATES.length - 1)] ?? "queued";
}

/** The name of a job's model; null until it has succeeded. */
function modelOf(job: Job): string | null {
  return stateOf(job) === "succeeded" ? `ft:${MODEL}:redraft:${job.asked.suffix ?? "none"}:${job.id}` : null;
}

function jobBody(job: Job) {
  const { id, asked, training, validation, fault } = job;
  const model = modelOf(job);
  return {
    ...{ id, object: "fine_tuning.job", created_at: CREATED, model: asked.model, status: stateOf(job) },
    ...{ training_file: training.id, validation_file: validation?.id ?? null, fine_tuned_model: model },
    trained_tokens: model === null ? null : Math.round(training.bytes / 4) * 3,
    error: fault === null ? null : { code: "invalid_training_file", message: fault, param: "training_file" },
    ...{ metadata: asked.metadata ?? null, method: asked.method },
  };
}

/** Newest first. The loss falls as a loss does; nothing was trained. */
function eventsOf(job: Job): object[] {
  const state = stateOf(job);
  const steps = job.fault === null ? Math.min(STEPS, Math.max(0, job.looks - 1) * STEPS_A_LOOK) : 0;
  const said: { message: string; level?: string; type?: string; data?: object }[] = [
    { message: `Created fine-tuning job: ${job.id}` },
    ...(job.fault === null ? [] : [{ message: job.fault, level: "error" }]),
    ...Array.from({ length: steps }, (_, i) => {
      const loss = Number((0.4 + 1.6 * Math.exp(-(i + 1) / 3)).toFixed(4));
      const valid = job.validation && { valid_loss: loss + 0.05 };
      const data = { step: i + 1, total_steps: STEPS, train_loss: loss, ...valid };
      return { message: `Step ${i + 1}/${STEPS}: training loss=${loss}`, type: "metrics", data };
    }),
    ...(state === "succeeded" ? [{ message: "The job has successfully completed" }] : []),
  ];
  return said
    .map(({ message, level = "info", type = "message", data = {} }, i) => ({
      ...{ object: "fine_tuning.job.event", id: `ftevent-${job.id}-${i}`, created_at: CREATED + i },
      ...{ level, type, message, data },
    }))
    .reverse();
}
