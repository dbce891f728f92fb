import type { GuardFinding } from "../db/schema/improvements.ts";
import { guardFindings, isRefusal, type Sources } from "../improvements/guard-findings.ts";
import { type FailedReply, generateCorrectedReply, type Rewriter } from "./generate-corrected-reply.ts";

export interface GuardedRewrite {
  /** As the model wrote it. */
  written: string;
  /** As it is to be stored and sent: with what its placeholders stand for. */
  reply: string;
  findings: GuardFinding[];
  /** Those of the findings that bar the reply; none: it may be stored. */
  refused: GuardFinding[];
}

/** What the guards hold a rewrite against: the true texts, where the model saw placeholders. */
export interface Truth {
  sources: Sources;
  restore(text: string): string;
}

/**
 * Has the reply rewritten; where the guards refuse it, once more, with what was wrong.
 * @param failed as the model may see it
 * @throws ModelError
 */
export async function rewriteWithinGuards(
  failed: FailedReply,
  rewriter: Rewriter,
  truth: Truth = { sources: failed, restore: (text) => text },
): Promise<GuardedRewrite> {
  const first = check(truth, await generateCorrectedReply(failed, rewriter));
  if (first.refused.length === 0) return first;
  return check(truth, await generateCorrectedReply(failed, rewriter, objectionsTo(first, failed)));
}

function check({ sources, restore }: Truth, written: string): GuardedRewrite {
  const reply = restore(written);
  const findings = guardFindings(sources, reply);
  return { written, reply, findings, refused: findings.filter(isRefusal) };
}

/** What was wrong, in words that quote only what the model saw. */
function objectionsTo({ written, refused }: GuardedRewrite, failed: FailedReply): string[] {
  const seen = guardFindings(failed, written);
  return refused.map(({ guard }) => {
    const told = seen.find((finding) => finding.guard === guard && isRefusal(finding));
    return told?.detail ?? `The rewrite was refused: ${guard.replaceAll("_", " ")}.`;
  });
}
