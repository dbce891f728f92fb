import { env } from "cloudflare:test";
import { inArray } from "drizzle-orm";
import { expect, it } from "vitest";
import { failedReplies } from "../../../src/db/schema/failures.ts";
import { type Model, ModelError } from "../../../src/llm/model.ts";
import { createPacer } from "../../../src/llm/pace/pacer.ts";
import { goodModel } from "../../support/model.ts";
import { aFailure, createWorld } from "../../support/world.ts";

const FAILURES = 6;
const A_SECOND = 10;

/** What it says it allows a minute: twice what it does. */
const STATED = 2 * 60 * A_SECOND;

/** A model that allows ten calls in any second, and refuses more. */
function limitedModel() {
  const good = goodModel();
  const lately: number[] = [];
  const seen = { refused: 0, answered: [] as string[] };
  const model: Model = {
    async complete(request) {
      const now = Date.now();
      while ((lately[0] ?? now) <= now - 1_000) lately.shift();
      if (lately.length >= A_SECOND) {
        seen.refused++;
        const is = { about: "limit", code: "rate_limited", which: "requests" } as const;
        const fault = { ...is, reason: "Too fast.", retryAfterMs: 500 };
        throw new ModelError("retry", "rate_limited", "Too fast.", { fault, retryAfterMs: 500 });
      }
      lately.push(now);
      const { text, usage } = await good.complete(request);
      seen.answered.push(JSON.stringify([request.messages, request.answer?.name]));
      const requests = { limit: STATED, remaining: STATED / 2, resetMs: null, periodMs: 60_000 };
      return {
        text,
        usage,
        limits: { requests, tokens: null, retryAfterMs: null, exhaustedMs: null, dayUsedUp: false },
      };
    },
  };
  return { model, seen };
}

it("corrects all at the limit of a provider: no failure, no try, nothing paid for twice", async () => {
  const { model, seen } = limitedModel();
  const world = createWorld({ model });
  const { config } = world.services;
  world.services = { ...world.services, clock: Date.now, pace: createPacer(env.PACE, Date.now, config) };
  const inputs = Array.from({ length: FAILURES }, (_, i) => aFailure({ original_prompt: `Where is refund ${i}?` }));
  const ids = await world.correctAll(...inputs);
  const rows = await world.services.db.select().from(failedReplies).where(inArray(failedReplies.id, ids));
  expect(rows).toHaveLength(FAILURES);
  for (const { status, tries } of rows) expect({ status, few: tries <= 1 }).toEqual({ status: "improved", few: true });
  expect(seen.refused).toBeGreaterThan(0);
  // In so few calls the first burst weighs much; how rare refusals become is shown by the simulation.
  expect(seen.refused).toBeLessThan(seen.answered.length);
  expect(new Set(seen.answered).size).toBe(seen.answered.length);
}, 60_000);
