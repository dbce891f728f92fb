import type { GuardFinding } from "../db/schema/improvements.ts";
import { guardFindings, isRefusal } from "../improvements/guard-findings.ts";
import { type FailedReply, generateCorrectedReply, type Rewriter } from "./generate-corrected-reply.ts";

export interface GuardedRewrite {
  reply: string;
  findings: GuardFinding[];
  /** Those of the findings that bar the reply; none: it may be stored. */
  refused: GuardFinding[];
}

/** Has the reply rewritten; where the guards refuse it, once more, with what was wrong. @throws ModelError */
export async function rewriteWithinGuards(failed: FailedReply, rewriter: Rewriter): Promise<GuardedRewrite> {
  const first = check(failed, await generateCorrectedReply(failed, rewriter));
  if (first.refused.length === 0) return first;
  const objections = first.refused.map(({ detail }) => detail);
  return check(failed, await generateCorrectedReply(failed, rewriter, objections));
}

function check(failed: FailedReply, reply: string): GuardedRewrite {
  const findings = guardFindings(failed, reply);
  return { reply, findings, refused: findings.filter(isRefusal) };
}
