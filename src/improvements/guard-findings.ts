import type { Turn } from "../db/schema/failures.ts";
import type { GuardFinding } from "../db/schema/improvements.ts";
import { checkRewrite } from "../guards/check-rewrite.ts";

/** The texts of a failure that the guards hold a better reply against. */
export interface Sources {
  originalPrompt: string;
  conversation?: Turn[] | null;
  aiReply: string;
  agentReply: string;
  failureExplanation?: string | null;
}

/** What the guards find in a reply that is to replace a failed one, as it is kept with the improvement. */
export function guardFindings(sources: Sources, rewrite: string): GuardFinding[] {
  const { originalPrompt, conversation, aiReply, agentReply, failureExplanation } = sources;
  const { findings } = checkRewrite({
    customerMessage: originalPrompt,
    conversation: conversation ?? [],
    aiReply,
    agentReply,
    failureExplanation: failureExplanation ?? undefined,
    rewrite,
  });
  return findings.map(({ guard, severity, detail }) => ({ guard, severity, detail }));
}

/** True for a finding that bars the reply. */
export function isRefusal({ severity }: GuardFinding): boolean {
  return severity === "refuse";
}
