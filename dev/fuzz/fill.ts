import { createHmac, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, createClient } from "../lib/client.ts";
import { untilFinished } from "../lib/corrections.ts";
import { KEY } from "../lib/on-workerd.ts";
import { ROOT } from "../lib/processes.ts";
import { untilTrained } from "../lib/until-trained.ts";
import { WEBHOOK_SECRET } from "../lib/whole-worker.ts";
import { MODEL } from "../stand-in/api.ts";

const SAMPLES = join(ROOT, "dev/samples/failures.ndjson");
const POLL_MS = 100;
const PATIENCE_MS = 60_000;

/** Has one of everything made, so that every route has something to find. @throws Error when something is not made */
export async function fill(url: string): Promise<void> {
  const client = createClient(url, KEY);
  const samples = Readable.toWeb(createReadStream(SAMPLES)) as ReadableStream;
  await client.postNdjson("/v1/failures", samples);
  const run = await client.post<{ id: string }>("/v1/correction-runs", {});
  await untilFinished(client, run.id, POLL_MS, PATIENCE_MS);
  await client.post("/v1/router/train", {});
  await untilTrained(client);
  const training = await makeExport(client, { validation_fraction: 0.2, min_gain: -100 });
  await makeExport(client, { format: "openai-dpo" });
  await fineTune(client, training);
  await client.post("/v1/judge/controls", { sample: 5 });
}

async function makeExport(client: Client, asked: object): Promise<string> {
  const { id } = await client.post<{ id: string }>("/v1/exports", asked);
  await until(async () => (await client.get<{ status: string }>(`/v1/exports/${id}`)).status === "done", "export");
  return id;
}

async function fineTune(client: Client, exportId: string): Promise<void> {
  const asked = { export_id: exportId, base_model: MODEL, method: "supervised" };
  const { id } = await client.post<{ id: string }>("/v1/fine-tunes", asked);
  await until(async () => {
    const { status, job_id, error } = await client.get<FineTune>(`/v1/fine-tunes/${id}`);
    if (status === "failed") throw new Error(`the fine-tune failed: ${error}`);
    if (job_id !== null && status !== "succeeded") await sendWebhook(client.url, job_id);
    return status === "succeeded";
  }, "fine-tune");
  await client.post(`/v1/fine-tunes/${id}/comparison`, { limit: 3 });
  const comparison = () => client.get<{ status: string }>(`/v1/fine-tunes/${id}/comparison`);
  await until(async () => ["done", "failed"].includes((await comparison()).status), "comparison");
}

async function sendWebhook(url: string, job: string): Promise<void> {
  const body = JSON.stringify({ type: "fine_tuning.job.succeeded", data: { id: job } });
  const headers = { "content-type": "application/json", ...signed(body) };
  const response = await fetch(`${url}/v1/fine-tunes/webhook`, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`the webhook was refused: ${response.status} ${await response.text()}`);
}

/** The headers of a delivery that is signed as the fine-tuning service signs (Standard Webhooks). */
export function signed(body: string | Buffer): Record<string, string> {
  const id = `msg_${randomUUID()}`;
  const timestamp = String(Math.floor(Date.now() / 1_000));
  const key = Buffer.from(WEBHOOK_SECRET.slice("whsec_".length), "base64");
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

async function until(test: () => Promise<boolean>, what: string): Promise<void> {
  const giveUp = Date.now() + PATIENCE_MS;
  while (!(await test())) {
    if (Date.now() > giveUp) throw new Error(`the ${what} was not done after ${PATIENCE_MS / 1_000} s`);
    await sleep(POLL_MS);
  }
}

interface FineTune {
  status: string;
  job_id: string | null;
  error: string | null;
}
