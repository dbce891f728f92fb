import type { Db } from "../db/client.ts";
import { countForLift, type Scope } from "./count-outcomes.ts";
import { liftOf, type ReportedConversations } from "./lift.ts";
import type { LiftOutput } from "./schemas.ts";

/** What guidance changes, as the API says it. */
export async function readLift(db: Db, scope: Scope): Promise<LiftOutput> {
  const { risk, split, reported, ...lift } = liftOf(await countForLift(db, scope));
  return {
    verdict: lift.verdict,
    failed: lift.failed,
    relative_risk: finite(risk?.value),
    low: finite(risk?.low),
    high: finite(risk?.high),
    more_failures: lift.moreFailures,
    p_value: lift.pValue,
    not_told_apart: lift.notToldApart,
    split: {
      ...{ conversations: split.conversations, plain: split.plain, expected: Math.round(split.expected * 10) / 10 },
      ...{ p_value: split.pValue, holds: split.holds },
    },
    reported: { guided: sideOf(reported.guided), plain: sideOf(reported.plain) },
    rate_difference: lift.rateDifference,
  };
}

function sideOf({ n, failed }: ReportedConversations["plain"]) {
  return { conversations: n, failed };
}

/** JSON knows no infinity. */
function finite(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}
