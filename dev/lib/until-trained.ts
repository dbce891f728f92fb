import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "./client.ts";

/** A router that has not learned what there is after this long is a fault. */
const PATIENCE_MS = 5 * 60_000;
const POLL_MS = 500;

/** Waits until the router has learned from every failure recorded so far. @throws Error when it does not */
export async function untilTrained(client: Client): Promise<void> {
  const giveUp = Date.now() + PATIENCE_MS;
  while (Date.now() < giveUp) {
    const { version, failures_since } = await client.get<{ version: string | null; failures_since: number }>(
      "/v1/router",
    );
    if (version !== null && failures_since === 0) return;
    await sleep(POLL_MS);
  }
  throw new Error("the router has not learned from every failure within five minutes");
}
