import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./client.ts";

/** A correction run, as the API gives it. */
export interface Run {
  total: number;
  pending: number;
  improved: number;
  needs_human: number;
  failed: number;
  tokens: { input: number; output: number };
  finished_at: string | null;
}

/** Waits for the end of a run. @throws Error when it has not come after `patienceMs` */
export async function untilFinished(client: Client, id: string, pollMs: number, patienceMs = Infinity): Promise<Run> {
  const giveUp = Date.now() + patienceMs;
  for (;;) {
    const run = await client.get<Run>(`/v1/correction-runs/${id}`);
    if (run.finished_at !== null) return run;
    if (Date.now() > giveUp) throw new Error(`still pending: ${run.pending} of ${run.total}`);
    await sleep(pollMs);
  }
}

/** This many made-up failures, all different, spread over this many topics, as NDJSON. */
export function madeUpFailures(count: number, topics: number): ReadableStream {
  return ReadableStream.from(linesOf(count, topics));
}

const LINES_A_PIECE = 1_000;

/** In pieces, because a million lines are half a gigabyte. */
function* linesOf(count: number, topics: number) {
  for (let from = 0; from < count; from += LINES_A_PIECE) {
    const piece = Array.from({ length: Math.min(LINES_A_PIECE, count - from) }, (_, i) =>
      failure(from + i, (from + i) % topics),
    );
    yield new TextEncoder().encode(piece.map((one) => `${JSON.stringify(one)}\n`).join(""));
  }
}

function failure(i: number, topic: number) {
  return {
    external_id: `order-${i}`,
    original_prompt: `When does my order ${10_000 + i} arrive? It was due on Monday.`,
    ai_reply: "Orders arrive within a few days.",
    agent_reply: `Order ${10_000 + i} was held up at the sorting centre and arrives on Thursday; you get the shipping fee back.`,
    failure_explanation: "Says nothing about this order.",
    failure_category: "missing_information",
    topic: `delivery_delay_${topic}`,
  };
}
