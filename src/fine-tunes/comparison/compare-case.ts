import { and, eq, exists, sql } from "drizzle-orm";
import { failedReplies } from "../../db/schema/failures.ts";
import { comparisonCases, comparisons, type LostReply } from "../../db/schema/fine-tunes.ts";
import { asked, type TrainingRow } from "../../exports/formats.ts";
import type { GuidanceTexts } from "../../exports/guidance.ts";
import { settleAll } from "../../lib/settle-all.ts";
import { countUsage } from "../../llm/count-usage.ts";
import { OPERATOR_PROBE_MS, type Report } from "../../llm/gate.ts";
import type { Gatekeeper } from "../../llm/gatekeeper.ts";
import { LimitError } from "../../llm/limit-error.ts";
import { addUsage, ModelError, type ModelErrorCode, type Usage } from "../../llm/model.ts";
import { meterModel } from "../../llm/wrap-model.ts";
import type { Services } from "../../services.ts";
import { judgeBlind } from "./judge-blind.ts";
import { prepareReplay, selectTexts } from "./replay.ts";

export interface Comparing extends Services {
  gatekeeper: Gatekeeper;
  /** Null where the training lines had no system message. */
  guidance: GuidanceTexts | null;
}

/** What became of a case in this piece. */
export type CaseEnd =
  | { end: "done" }
  /** To be tried again. */
  | { end: "stuck"; reason: string }
  /** Nothing may begin, or nothing would help, before a time. */
  | { end: "wait"; reason: string; at: number }
  /** Nothing will help: the comparison is over. */
  | { end: "hopeless"; reason: string };

type Row = typeof comparisons.$inferSelect;
type Case = typeof comparisonCases.$inferSelect;

/** With the changes that its row gets. */
type Outcome = CaseEnd & { changes: Partial<Case>; report?: Report };

/** Large enough for a long reply and a reasoning model's thoughts; the same for both models. */
const MAX_OUTPUT_TOKENS = 4_000;

/** Tries of one case, waits between them included: about an hour of a server that is down. */
const MOST_TRIES = 8;

/** Replays one failure against both models and has the replies judged. Safe to repeat: the first end is kept. */
export async function compareCase(comparing: Comparing, row: Row, held: Case): Promise<CaseEnd> {
  const wait = await comparing.gatekeeper.admit();
  if (wait !== null) return { end: "wait", reason: wait.reason, at: wait.untilMs };
  const [failure] = await selectTexts(comparing.db).where(eq(failedReplies.id, held.failedReplyId));
  // Erased since: the erasure has ended the case.
  if (failure === undefined) return { end: "done" };
  const system = (await comparing.guidance?.of(failure.clusterId, { ...failure, failureId: failure.id })) ?? null;
  const replay = prepareReplay(failure, system, comparing.config);
  const [trainer, judge] = [meterModel(comparing.trainer), meterModel(comparing.model)];
  const metered = { ...comparing, trainer: trainer.model, model: judge.model };
  const { changes, report, ...end } =
    typeof replay === "string" ? unscored(replay) : await attempt(metered, row, held, replay);
  const usage = addUsage(trainer.usage(), judge.usage());
  await comparing.gatekeeper.report(report ?? null, usage.inputTokens + usage.outputTokens);
  await keep(comparing, held, changes, usage, end.end === "done" || end.end === "stuck");
  return end;
}

const unscored = (reasonCode: string, known: Partial<Case> = {}, report?: Report): Outcome => ({
  end: "done",
  changes: { ...known, status: "unscored", reasonCode },
  report,
});

/** What a model made of a question; `lost` where there is nothing that could be sent to a customer. */
type Reply = { text: string; lost: null } | { text: null; lost: LostReply };

/** Failures to answer that are the model's own. All others say nothing of how well it answers. */
const LOST: Partial<Record<ModelErrorCode, LostReply>> = {
  ...{ empty_answer: "empty", truncated_answer: "cut_off", answer_too_large: "cut_off" },
  ...{ refusal: "refused", content_filter: "filtered" },
};

async function attempt(
  { trainer, model, clock }: Comparing,
  row: Row,
  held: Case,
  replay: TrainingRow,
): Promise<Outcome> {
  // Each model is asked once and as it is: a second try with a complaint would be another question.
  const ask = async (name: string, text: string | null, lost: LostReply | null): Promise<Reply | ModelError> => {
    if (text !== null) return { text, lost: null };
    if (lost !== null) return { text, lost };
    const request = { model: name, messages: asked(replay), maxOutputTokens: MAX_OUTPUT_TOKENS };
    const answer = await orModelError(trainer.complete(request));
    if (!(answer instanceof ModelError)) return { text: answer.text, lost: null };
    const own = LOST[answer.code];
    return own === undefined ? answer : { text: null, lost: own };
  };
  const [base, tuned] = await settleAll([
    ask(row.baseModel, held.baseReply, held.baseLost),
    ask(row.tunedModel, held.tunedReply, held.tunedLost),
  ]);
  const [ofBase, ofTuned] = [base, tuned].map((reply) => (reply instanceof ModelError ? null : reply));
  const texts = {
    ...{ baseReply: ofBase?.text ?? null, baseLost: ofBase?.lost ?? null },
    ...{ tunedReply: ofTuned?.text ?? null, tunedLost: ofTuned?.lost ?? null },
  };
  const after = (error: ModelError, reasonCode: string, reason: string): Outcome => {
    if (error.code === "unknown_model" && reasonCode !== "not_judged")
      return { end: "hopeless", reason, changes: texts };
    // A limit is no failure, and costs no try.
    if (error instanceof LimitError) return { end: "wait", reason, at: error.until, changes: texts };
    if (error.failure === "stop") return { end: "wait", reason, at: clock() + OPERATOR_PROBE_MS, changes: texts };
    // A reply that no model is to blame for leaves the case unscored: it is not a bad reply.
    if (error.failure !== "retry" || held.tries + 1 >= MOST_TRIES) return unscored(reasonCode, texts);
    return { end: "stuck", reason, changes: texts };
  };
  const saidBy = (name: string, { says }: ModelError) => `${name} (FINE_TUNE_BASE_URL): ${says}`;
  if (base instanceof ModelError) {
    const failed = tuned instanceof ModelError ? "both_replies_failed" : "base_reply_failed";
    return after(base, failed, saidBy(row.baseModel, base));
  }
  if (tuned instanceof ModelError) return after(tuned, "tuned_reply_failed", saidBy(row.tunedModel, tuned));

  const rated = { originalPrompt: replay.prompt, agentReply: replay.preferred };
  const judge = { model, name: row.judgeModel, samples: row.judgeSamples };
  const judged = await orModelError(judgeBlind(rated, base.text, tuned.text, judge));
  if (judged instanceof ModelError) {
    const { failure, code, says: reason } = judged;
    return { ...after(judged, "not_judged", reason), report: { ok: false, failure, code, reason } };
  }
  const { verdict, usable } = judged;
  const known = { ...texts, ...verdict };
  const report: Report = { ok: true };
  if (verdict.baseRating === null || verdict.tunedRating === null) return unscored("not_judged", known, report);
  if (!usable) return unscored("unusable_reference", known, report);
  return { end: "done", changes: { ...known, status: "scored" }, report };
}

function orModelError<T>(work: Promise<T>): Promise<T | ModelError> {
  return work.catch((error: unknown) => {
    if (error instanceof ModelError) return error;
    throw error;
  });
}

/**
 * Stores a try with what it cost, in one transaction: the cost always, and once; the texts only while the failure is
 * still there and nobody else has ended the case.
 */
async function keep(
  { db, clock }: Comparing,
  held: Case,
  changes: Partial<Case>,
  usage: Usage,
  costsTry: boolean,
): Promise<void> {
  const { comparisonId, position, tries, failedReplyId } = held;
  const mine = and(
    eq(comparisonCases.comparisonId, comparisonId),
    eq(comparisonCases.position, position),
    eq(comparisonCases.tries, tries),
  );
  const one = { one: sql`1` };
  const isNew = exists(db.select(one).from(comparisonCases).where(mine));
  const failureIsThere = exists(db.select(one).from(failedReplies).where(eq(failedReplies.id, failedReplyId)));
  const endedAt = changes.status === undefined ? null : clock();
  await db.batch([
    countUsage(db, clock(), usage, isNew),
    db
      .update(comparisons)
      .set({ tokens: sql`${comparisons.tokens} + ${usage.inputTokens + usage.outputTokens}` })
      .where(and(eq(comparisons.id, comparisonId), isNew)),
    db
      .update(comparisonCases)
      .set({ reasonCode: null, ...changes, endedAt })
      .where(and(mine, eq(comparisonCases.status, "open"), failureIsThere)),
    db
      .update(comparisonCases)
      .set({ tries: costsTry ? tries + 1 : tries })
      .where(mine),
  ]);
}
