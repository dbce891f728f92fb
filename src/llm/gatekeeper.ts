import { and, eq, gt, isNull } from "drizzle-orm";
import type { Config } from "../config.ts";
import type { Db } from "../db/client.ts";
import { failedReplies } from "../db/schema/failures.ts";
import { dailyUsage, gate } from "../db/schema/llm.ts";
import { sha256Hex } from "../lib/text.ts";
import { dayOf, SECOND } from "../lib/time.ts";
import { countTokens, type Metering, TOKENS_OF_DAY } from "./daily-tokens.ts";
import {
  type Admission,
  admit,
  type GateState,
  gateAfter,
  OPEN,
  type Report,
  type Wait,
  whileProbing,
} from "./gate.ts";
import { MOST_OUTPUT_TOKENS, type Model, ModelError } from "./model.ts";

/** The shared row is read at most this often per invocation; what one reports, it knows at once. */
const FRESH_MS = 2 * SECOND;

/** The one row. */
const ROW = 1;

export interface Gatekeeper {
  /** May a correction begin? Null: yes. */
  admit(): Promise<Wait | null>;
  /** Learns how a correction's model calls ended, and what they cost in tokens. Null: nothing about the provider. */
  report(report: Report | null, tokens: number, probed?: boolean): Promise<void>;
}

/**
 * The gate as one consumer invocation uses it: decisions by `gate.ts`, the shared row in D1. A closed gate is probed by a
 * small call of its own, never by a correction: what one customer's text made the provider say must not decide for all.
 */
export function createGatekeeper({ db, clock, config, model }: Metering & { model: Model }): Gatekeeper {
  const setup = setupOf(config);
  let known: { state: GateState; spent: number; at: number } | null = null;

  async function look(): Promise<{ state: GateState; spent: number }> {
    if (known !== null && clock() - known.at < FRESH_MS) return known;
    known = { ...(await readGate(db, clock())), at: clock() };
    return known;
  }

  async function mayBegin(): Promise<Admission> {
    const { state, spent } = await look();
    return admit(state, spent, config.DAILY_TOKEN_BUDGET, clock(), await setup);
  }

  /** Asks the provider itself, where this invocation is the one that may. */
  async function probe(): Promise<void> {
    const { state } = await look();
    // Many may ask at once: the row lets one of them through.
    const [won] = await db
      .update(gate)
      .set(whileProbing(state, clock(), await setup))
      .where(and(eq(gate.id, ROW), state.until === null ? isNull(gate.until) : eq(gate.until, state.until)))
      .returning({ id: gate.id });
    known = null;
    if (won === undefined) return;
    await keeper.report(await countTokens({ db, clock, model }, (counted) => askProvider(counted, config)), 0, true);
  }

  const keeper: Gatekeeper = {
    async admit() {
      const first = await mayBegin();
      if (first.admitted && first.probe) await probe();
      const admission = first.admitted && first.probe ? await mayBegin() : first;
      return admission.admitted ? null : admission;
    },
    async report(report, tokens, probed = false) {
      const [{ state, spent }, name] = [await look(), await setup];
      // No waiting between what is known and what is known next: many report at the same time.
      const before = known?.state ?? state;
      const next = report === null ? before : gateAfter(before, report, clock(), name, probed);
      known = { state: next, spent: (known?.spent ?? spent) + tokens, at: known?.at ?? clock() };
      if (next.until === before.until && next.failures === before.failures) return;
      await db
        .insert(gate)
        .values({ id: ROW, ...next })
        .onConflictDoUpdate({ target: gate.id, set: next });
      if (before.until !== null && next.until === null) await bringForward(db, clock(), before.code);
    },
  };
  return keeper;
}

/** A small call to each model in use. */
async function askProvider(model: Model, { CORRECTION_MODEL, JUDGE_MODEL }: Config): Promise<Report> {
  const messages = [{ role: "user" as const, content: "Answer with the word OK." }];
  try {
    for (const name of new Set([CORRECTION_MODEL, JUDGE_MODEL])) {
      await model.complete({ model: name, messages, maxOutputTokens: MOST_OUTPUT_TOKENS });
    }
    return { ok: true };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { ok: false, failure: error.failure, code: error.code, reason: error.message };
  }
}

/** The gate and the tokens spent today, as stored. */
export async function readGate(db: Db, now: number): Promise<{ state: GateState; spent: number }> {
  const [[row], [used]] = await db.batch([
    db.select().from(gate).where(eq(gate.id, ROW)),
    db
      .select({ spent: TOKENS_OF_DAY.as("spent") })
      .from(dailyUsage)
      .where(eq(dailyUsage.day, dayOf(now))),
  ]);
  return { state: row ?? OPEN, spent: used?.spent ?? 0 };
}

/** Why corrections may not begin at the moment; null when they may. */
export async function whyClosed({ db, clock, config }: Metering): Promise<Wait | null> {
  const { state, spent } = await readGate(db, clock());
  const admission = admit(state, spent, config.DAILY_TOKEN_BUDGET, clock(), await setupOf(config));
  if (!admission.admitted) return admission;
  // Due to be probed: closed until the probe has come back.
  return admission.probe && state.until !== null
    ? { code: state.code ?? "paused", reason: state.reason ?? "Paused.", untilMs: state.until }
    : null;
}

/** Opens the gate by hand, for an operator who has mended what it was closed for. */
export async function openGate({ db, clock }: Pick<Metering, "db" | "clock">): Promise<void> {
  const { state } = await readGate(db, clock());
  await db.update(gate).set(OPEN).where(eq(gate.id, ROW));
  await bringForward(db, clock(), state.code);
}

/** What waited for the gate is due again at once. */
async function bringForward(db: Db, now: number, code: string | null): Promise<void> {
  if (code === null) return;
  await db
    .update(failedReplies)
    .set({ dueAt: now })
    .where(
      and(
        eq(failedReplies.status, "pending"),
        eq(failedReplies.sent, false),
        gt(failedReplies.dueAt, now),
        eq(failedReplies.reasonCode, code),
      ),
    );
}

/** Names key, address and models without revealing the key. */
async function setupOf(config: Config): Promise<string> {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, CORRECTION_MODEL, JUDGE_MODEL } = config;
  return (await sha256Hex(JSON.stringify([OPENAI_API_KEY, OPENAI_BASE_URL, CORRECTION_MODEL, JUDGE_MODEL]))).slice(
    0,
    16,
  );
}
