import { and, eq, exists, sql } from "drizzle-orm";
import { failedReplies } from "../../db/schema/failures.ts";
import { comparisonCases, comparisons } from "../../db/schema/fine-tunes.ts";
import type { GuidanceTexts } from "../../exports/guidance.ts";
import { settleAll } from "../../lib/settle-all.ts";
import { countUsage } from "../../llm/count-usage.ts";
import type { Gatekeeper } from "../../llm/gatekeeper.ts";
import { addUsage, type ChatMessage, ModelError, type Usage } from "../../llm/model.ts";
import { meterModel } from "../../llm/wrap-model.ts";
import type { Services } from "../../services.ts";
import type { ComparisonRow } from "./comparison-state.ts";
import { MOST_TRIES, OPERATOR_WAIT_MS } from "./comparison-state.ts";
import { judgeBlind } from "./judge-blind.ts";
import { type Replay, selectTexts, toReplay } from "./replay.ts";

export interface Comparing extends Services {
  gatekeeper: Gatekeeper;
  /** Null where the training lines had no system message. */
  guidance: GuidanceTexts | null;
}

/** What became of a case in this piece. */
export type CaseEnd =
  | { kind: "ended" }
  /** To be tried again. */
  | { kind: "open"; reason: string }
  /** Nothing may begin, or nothing would help, before a time. */
  | { kind: "wait"; reason: string; untilMs: number }
  /** Nothing will help: the comparison is over. */
  | { kind: "hopeless"; reason: string };

type Case = typeof comparisonCases.$inferSelect;
type Changes = Partial<Case>;

/** Large enough for a long reply and a reasoning model's thoughts; the same for both models. */
const MAX_OUTPUT_TOKENS = 4_000;

/** Replays one failure against both models and has the replies judged. Safe to repeat: the first end is kept. */
export async function compareCase(comparing: Comparing, row: ComparisonRow, held: Case): Promise<CaseEnd> {
  const admission = await comparing.gatekeeper.admit();
  if (!admission.admitted) return { kind: "wait", ...admission };
  const [failure] = await selectTexts(comparing.db).where(eq(failedReplies.id, held.failedReplyId));
  // Erased since: the erasure has ended the case.
  if (failure === undefined) return { kind: "ended" };
  const system = (await comparing.guidance?.of(failure.clusterId, failure.prompt)) ?? null;
  const replay = toReplay({ ...failure, system }, { redacting: comparing.config.REDACT_EXPORTS });
  const [trainer, judge] = [meterModel(comparing.trainer), meterModel(comparing.model)];
  const outcome =
    typeof replay === "string"
      ? unscored(replay)
      : await attempt({ ...comparing, trainer: trainer.model, model: judge.model }, { row, held, replay });
  const usage = addUsage(trainer.usage(), judge.usage());
  await comparing.gatekeeper.report(outcome.report ?? null, usage.inputTokens + usage.outputTokens);
  await keep(comparing, held, outcome.changes, usage);
  return outcome.end;
}

interface Outcome {
  end: CaseEnd;
  /** Null: as if it had not been tried. */
  changes: Changes | null;
  report?: Parameters<Gatekeeper["report"]>[0];
}

const ENDED: CaseEnd = { kind: "ended" };
const unscored = (reasonCode: string, more: Changes = {}): Outcome => ({
  end: ENDED,
  changes: { ...more, status: "unscored", reasonCode },
});

async function attempt(
  comparing: Comparing,
  { row, held, replay }: { row: ComparisonRow; held: Case; replay: Replay },
): Promise<Outcome> {
  const [base, tuned] = await settleAll([
    reply(comparing, row.baseModel, replay.messages),
    reply(comparing, row.tunedModel, replay.messages),
  ]);
  const texts = { baseReply: base.text, tunedReply: tuned.text };
  const after = (error: ModelError, reasonCode: string, reason: string) =>
    afterError(error, { reason, reasonCode, texts, tries: held.tries, now: comparing.clock() });
  if (base.error !== null) return after(base.error, "base_reply_failed", saidBy(row.baseModel, base.error));
  if (tuned.error !== null) return after(tuned.error, "tuned_reply_failed", saidBy(row.tunedModel, tuned.error));
  try {
    const rated = { originalPrompt: replay.prompt, agentReply: replay.agentReply };
    const judge = { model: comparing.model, name: row.judgeModel, samples: row.judgeSamples };
    const { usable, ...verdict } = await judgeBlind(rated, { base: base.text, tuned: tuned.text }, judge);
    const known = { ...texts, ...verdict };
    const report = { ok: true } as const;
    if (verdict.baseRating === null || verdict.tunedRating === null)
      return { ...unscored("not_judged", known), report };
    if (!usable) return { ...unscored("unusable_reference", known), report };
    return { end: ENDED, changes: { ...known, status: "scored" }, report };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const { failure, code, message: reason } = error;
    return { ...after(error, "not_judged", reason), report: { ok: false, failure, code, reason } };
  }
}

const saidBy = (model: string, { message }: ModelError) => `${model} (FINE_TUNE_BASE_URL): ${message}`;

type Reply = { text: string; error: null } | { text: null; error: ModelError };

/** One model's reply, asked once and as it is: a second try with a complaint would be another question. */
async function reply({ trainer }: Comparing, model: string, messages: ChatMessage[]): Promise<Reply> {
  try {
    const { text } = await trainer.complete({ model, messages, maxOutputTokens: MAX_OUTPUT_TOKENS });
    return { text, error: null };
  } catch (error) {
    if (error instanceof ModelError) return { text: null, error };
    throw error;
  }
}

/** What a failed call means for its case. A reply that never comes leaves the case unscored: it is not a bad reply. */
function afterError(
  { code, failure }: ModelError,
  given: { reason: string; reasonCode: string; texts: Changes; tries: number; now: number },
): Outcome {
  const { reason, reasonCode, texts, tries, now } = given;
  if (code === "unknown_model" && reasonCode !== "not_judged")
    return { end: { kind: "hopeless", reason }, changes: null };
  if (failure === "stop") return { end: { kind: "wait", reason, untilMs: now + OPERATOR_WAIT_MS }, changes: null };
  if (failure !== "retry" || tries + 1 >= MOST_TRIES) return unscored(reasonCode, texts);
  return { end: { kind: "open", reason }, changes: {} };
}

/**
 * Stores a try with what it cost, in one transaction: the cost always, and once; the texts only while the failure is
 * still there and nobody else has ended the case.
 */
async function keep({ db, clock }: Comparing, held: Case, changes: Changes | null, usage: Usage): Promise<void> {
  const mine = and(
    eq(comparisonCases.comparisonId, held.comparisonId),
    eq(comparisonCases.position, held.position),
    eq(comparisonCases.tries, held.tries),
  );
  const isNew = exists(db.select({ one: sql`1` }).from(comparisonCases).where(mine));
  const failureIsThere = exists(
    db.select({ one: sql`1` }).from(failedReplies).where(eq(failedReplies.id, held.failedReplyId)),
  );
  const now = clock();
  const ends = changes?.status !== undefined && changes.status !== "open";
  await db.batch([
    countUsage(db, now, usage, isNew),
    db
      .update(comparisons)
      .set({ tokens: sql`${comparisons.tokens} + ${usage.inputTokens + usage.outputTokens}` })
      .where(and(eq(comparisons.id, held.comparisonId), isNew)),
    db
      .update(comparisonCases)
      .set({ reasonCode: null, ...changes, ...(ends && { endedAt: now }) })
      .where(and(mine, eq(comparisonCases.status, "open"), failureIsThere)),
    db
      .update(comparisonCases)
      .set({ tries: sql`${comparisonCases.tries} + ${changes === null ? 0 : 1}` })
      .where(mine),
  ]);
}
