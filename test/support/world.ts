import { env } from "cloudflare:test";
import { createApp } from "../../src/app.ts";
import { consumeCorrections } from "../../src/corrections/consume-corrections.ts";
import type { JobKind } from "../../src/db/schema/jobs.ts";
import type { FailureInput } from "../../src/failures/schemas.ts";
import type { CorrectionMessage } from "../../src/failures/wake-corrections.ts";
import { JOBS } from "../../src/job-table.ts";
import { askFor } from "../../src/jobs/ask-for.ts";
import { consumeJobs, workOff } from "../../src/jobs/consume-jobs.ts";
import type { Job, JobMessage } from "../../src/jobs/job.ts";
import { sweepJobs } from "../../src/jobs/sweep-jobs.ts";
import { type Counters, LIMITS } from "../../src/limits.ts";
import type { Model } from "../../src/llm/model.ts";
import { createServices, type Services } from "../../src/services.ts";
import { goodModel } from "./model.ts";

export const KEY = "test-admin-key-0123456789-0123456789";

/** A queue that keeps its messages until the test delivers them. */
export class HeldQueue<T> {
  messages: T[] = [];
  /** Sent for later: delivered only when a test moves them over. */
  delayed: T[] = [];

  async send(body: T, { delaySeconds = 0 }: QueueSendOptions = {}): Promise<QueueSendResponse> {
    (delaySeconds > 0 ? this.delayed : this.messages).push(body);
    return SENT;
  }

  async sendBatch(batch: Iterable<MessageSendRequest<T>>): Promise<QueueSendBatchResponse> {
    for (const { body, delaySeconds = 0 } of batch) await this.send(body, { delaySeconds });
    return SENT;
  }

  async metrics(): Promise<QueueMetrics> {
    return { backlogCount: this.messages.length, backlogBytes: 0 };
  }

  take(): T[] {
    return this.messages.splice(0);
  }
}

function isBody(body: unknown): body is string | Blob | ReadableStream {
  return typeof body === "string" || body instanceof Blob || body instanceof ReadableStream;
}

const SENT = { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };

/** What happened to one delivered message. */
export type Delivered = "ack" | "retry" | "none";

/** Redraft with everything real but the model, the clock and the queues, which the test drives. */
export function createWorld({ model = goodModel(), vars = {} }: { model?: Model; vars?: Record<string, string> } = {}) {
  const corrections = new HeldQueue<CorrectionMessage>();
  const jobs = new HeldQueue<JobMessage>();
  const world = {
    now: Date.now(),
    corrections,
    jobs,
    services: {} as Services,
    /** Calls the API as a client does. */
    async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
      return app.request(
        path,
        {
          method,
          headers: {
            authorization: `Bearer ${KEY}`,
            ...(body !== undefined && { "content-type": "application/json" }),
            ...headers,
          },
          ...(body !== undefined && { body: isBody(body) ? body : JSON.stringify(body) }),
        },
        env,
      );
    },
    /** Calls the API and reads the answer as JSON, whatever its status. */
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    async json(method: string, path: string, body?: unknown): Promise<any> {
      const response = await world.call(method, path, body);
      return response.json();
    },
    async record(...inputs: FailureInput[]): Promise<string[]> {
      const ids: string[] = [];
      for (const input of inputs) ids.push((await world.json("POST", "/v1/failures", input)).id);
      return ids;
    },
    /** Delivers what waits in the queues, until nothing does. */
    async deliver(): Promise<Delivered[]> {
      const results: Delivered[] = [];
      for (;;) {
        const jobBatch = jobs.take();
        const correctionBatch = corrections.take();
        if (jobBatch.length + correctionBatch.length === 0) return results;
        results.push(...(await deliverTo((batch) => consumeJobs(world.services, JOBS, batch), jobBatch)));
        results.push(...(await deliverTo((batch) => consumeCorrections(world.services, batch), correctionBatch)));
      }
    },
    sweep: () => sweepJobs(world.services, JOBS),
    /** Records, runs and delivers until all is corrected. */
    async correctAll(...inputs: FailureInput[]): Promise<string[]> {
      const ids = await world.record(...inputs);
      await world.json("POST", "/v1/correction-runs", {});
      await world.deliver();
      return ids;
    },
  };
  world.services = {
    ...createServices({ ...env, ...vars } as Cloudflare.Env),
    model,
    trainer: model,
    // The pace sleeps in real time; what paces is tested by itself (`test/llm/pace`).
    pace: (unpaced) => unpaced,
    readLane: async () => null,
    corrections,
    jobs,
    clock: () => world.now,
    // Cloudflare's count in real time, and a test is one caller (`test/access/limits.test.ts`).
    counters: NO_COUNTERS,
  };
  const app = createApp(() => world.services);
  return world;
}

const NO_COUNTERS = Object.fromEntries(Object.keys(LIMITS).map((name) => [name, null])) as Counters;

export type World = ReturnType<typeof createWorld>;

/** Runs one job, as its message would; `run` in place of its own function. */
export function runJob(
  services: Services,
  kind: JobKind,
  subject: string,
  run: Job["run"] = JOBS[kind].run,
): Promise<void> {
  return workOff(services, { ...JOBS, [kind]: { ...JOBS[kind], run } }, { job: kind, id: subject });
}

/** Asks for a job, and runs it. */
export async function askAndRun(world: World, kind: JobKind, subject: string): Promise<void> {
  await askFor(world.services.db, kind, subject, world.now);
  await runJob(world.services, kind, subject);
}

/** A batch as a queue hands it over, which remembers what became of each message. */
export function batchOf(bodies: unknown[]): { batch: MessageBatch; results: () => Delivered[] } {
  const results: Delivered[] = bodies.map(() => "none");
  const messages = bodies.map((body, i) => ({
    id: String(i),
    timestamp: new Date(),
    attempts: 1,
    body,
    ack: () => {
      results[i] = "ack";
    },
    retry: () => {
      results[i] = "retry";
    },
  }));
  const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
  return { batch: { queue: "test", messages, metadata, ackAll() {}, retryAll() {} }, results: () => results };
}

export async function deliverTo<T>(consume: (batch: MessageBatch) => Promise<void>, bodies: T[]): Promise<Delivered[]> {
  const { batch, results } = batchOf(bodies);
  if (bodies.length > 0) await consume(batch);
  return results();
}

let made = 0;

/** A failure as a helpdesk sends it; each with an external id of its own. */
export function aFailure(given: Partial<FailureInput> = {}): FailureInput {
  made += 1;
  return {
    external_id: `failure-${made}-${crypto.randomUUID()}`,
    original_prompt: "Where is my refund?",
    ai_reply: "Please check our website.",
    agent_reply: "Your refund left us on Monday; your bank shows it within five working days.",
    failure_explanation: "It does not say when the money comes.",
    failure_category: "missing_information",
    topic: "refund_status",
    ...given,
  };
}

/** The same failure of two customers, who say it differently: what bears a lesson or an explanation out. */
export function ofTwoCustomers(given: Partial<FailureInput> = {}): [FailureInput, FailureInput] {
  return [
    aFailure(given),
    aFailure({ ...given, original_prompt: "I sent everything back weeks ago and see no money." }),
  ];
}

/** Has a person approve every lesson of a topic that waits. */
export async function approveWaiting(world: World, topic: string): Promise<void> {
  const { waiting } = await world.json("GET", `/v1/clusters/${topic}`);
  for (const { id } of waiting) await world.json("POST", `/v1/clusters/${topic}/lessons/${id}/approve`);
}
