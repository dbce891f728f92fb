import { MINUTE, SECOND } from "../lib/time.ts";
import type { Wait } from "../llm/gate.ts";
import { whyClosed } from "../llm/gatekeeper.ts";
import type { LaneStatus } from "../llm/pace/pace.ts";
import type { Services } from "../services.ts";

type Waiting = Pick<Services, "db" | "clock" | "config" | "readLane">;

/** Why corrections do not go on at the moment, whether for the gate, the budget or a limit; null when they do. */
export async function whyWaiting(services: Waiting): Promise<Wait | null> {
  return (await whyClosed(services)) ?? pauseOfLanes(services);
}

/** Shorter pauses are part of keeping the pace: nobody needs to read of them. */
const WORTH_SAYING_MS = 5 * SECOND;

/** A limit a minute is over by then. */
const SHORT_LIMIT_MS = 2 * MINUTE;

/** The longest pause among the models that correct. */
async function pauseOfLanes({ clock, config, readLane }: Waiting): Promise<Wait | null> {
  const models = [...new Set([config.CORRECTION_MODEL, config.JUDGE_MODEL])];
  const lanes = await Promise.all(models.map(async (model) => ({ model, status: await readLane(model) })));
  const waits = lanes.flatMap(({ model, status }) => pauseOf(model, status, clock()) ?? []);
  return waits.toSorted((a, b) => b.untilMs - a.untilMs)[0] ?? null;
}

function pauseOf(model: string, status: LaneStatus | null, now: number): Wait | null {
  const untilMs = status?.pausedUntil ?? 0;
  if (untilMs - now < WORTH_SAYING_MS) return null;
  if (status?.pausedFor === "overloaded") {
    return { code: "provider_busy", reason: `The provider is overloaded and answers no calls to ${model}.`, untilMs };
  }
  const which = untilMs - now > SHORT_LIMIT_MS ? "limit, probably that of the hour or the day," : "short-term limit";
  return { code: "provider_limit", reason: `The provider's ${which} for calls to ${model} is used up.`, untilMs };
}
