import { and, avg, count, desc, eq, sql } from "drizzle-orm";
import { correctionAttempts } from "../db/schema/corrections.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import type { Services } from "../services.ts";
import type { RunEstimate, RunInput } from "./schemas.ts";
import { runConditions } from "./start-run.ts";

/** English in OpenAI's tokenizers; other languages take more, so the estimate is a lower one for them. */
const CHARACTERS_PER_TOKEN = 4;

/** The instructions and tags around the texts, and an answer of the judge. */
const PROMPT_TOKENS = 350;
const RATING_TOKENS = 100;

/** What an answer costs is taken from this many past corrections where there are any. */
const PAST = 200;

/**
 * What a run would take and about what it would cost, without starting it: one rewrite, the ratings of the old and the
 * new reply, and their comparison in both orders. Without retries and second rewrites.
 */
export async function estimateRun(
  { db, config }: Pick<Services, "db" | "config">,
  filter: RunInput,
): Promise<RunEstimate> {
  const where = await runConditions(db, filter);
  const length = (column: unknown) => sql`coalesce(length(${column}), 0)`;
  const [texts] = where
    ? await db
        .select({
          failures: count(),
          asked: sql<number>`coalesce(sum(${length(prompts.originalPrompt)} + ${length(prompts.conversation)}), 0)`,
          ai: sql<number>`coalesce(sum(${length(failedReplies.aiReply)}), 0)`,
          agent: sql<number>`coalesce(sum(${length(failedReplies.agentReply)}), 0)`,
          explained: sql<number>`coalesce(sum(${length(failedReplies.failureExplanation)}), 0)`,
        })
        .from(failedReplies)
        .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
        .where(and(...where))
    : [];
  const all = texts ?? { failures: 0, asked: 0, ai: 0, agent: 0, explained: 0 };
  const total = Math.min(all.failures, filter.limit ?? Number.POSITIVE_INFINITY);
  if (total === 0) return { total, estimate: { model_calls: 0, input_tokens: 0, output_tokens: 0 } };
  const part = total / all.failures / CHARACTERS_PER_TOKEN;
  const ratings = config.JUDGE_SAMPLES;
  const rewriteInput = (all.asked + all.ai + all.agent + all.explained) * part;
  // Each rating sees the prompt, the agent's reply and one candidate, each comparison both; the new one is about as
  // long as the agent's.
  const seen = all.asked + all.agent;
  const candidates = all.ai + all.agent;
  const ratingInput = (ratings * (2 * seen + candidates) + 2 * (seen + candidates)) * part;
  const calls = total * (1 + 2 * ratings + 2);
  const outputEach = await pastOutput(db);
  const outputGuess = all.agent * part + (2 * ratings + 2) * RATING_TOKENS * total;
  return {
    total,
    estimate: {
      model_calls: calls,
      input_tokens: Math.round(rewriteInput + ratingInput + calls * PROMPT_TOKENS),
      output_tokens: Math.round(outputEach === null ? outputGuess : outputEach * total),
    },
  };
}

/** Mean output tokens of the last corrections that came to an improvement; null where there are none. */
async function pastOutput(db: Services["db"]): Promise<number | null> {
  const past = db
    .select({ output: correctionAttempts.outputTokens })
    .from(correctionAttempts)
    .where(eq(correctionAttempts.outcome, "improved"))
    .orderBy(desc(correctionAttempts.endedAt))
    .limit(PAST)
    .as("past");
  const [mean] = await db.select({ output: avg(past.output).mapWith(Number) }).from(past);
  return mean?.output || null;
}
