import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { readCalibration } from "../../src/corrections/judge/calibration.ts";
import { createDb } from "../../src/db/client.ts";
import { exampleCases, getComparison, listCases } from "../../src/exports/fine-tunes/comparison/queries.ts";
import { resumeComparisons } from "../../src/exports/fine-tunes/comparison/run-comparison.ts";
import { listFailures } from "../../src/failures/queries.ts";
import { failureQuery } from "../../src/failures/schemas.ts";
import { improvementCredit, improvementTotals, listImprovements } from "../../src/improvements/queries.ts";
import { countUnreviewed, failuresLeftToPeople, nextToReview } from "../../src/improvements/review-queue.ts";
import { improvementQuery } from "../../src/improvements/schemas.ts";
import { aFailure, createWorld } from "../support/world.ts";

/** D1 as it is, noting each statement with its plan. */
function explained() {
  const plans: { sql: string; plan: string[] }[] = [];
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name !== "prepare") return Reflect.get(target, name).bind?.(target);
      return (sql: string) => {
        const statement = target.prepare(sql);
        return new Proxy(statement, {
          get(inner, method) {
            if (method !== "bind") return Reflect.get(inner, method).bind?.(inner);
            return (...values: unknown[]) => {
              plans.push({ sql, plan: [] });
              const slot = plans.at(-1);
              explaining.push(
                target
                  .prepare(`explain query plan ${sql}`)
                  .bind(...values)
                  .all<{ detail: string }>()
                  .then(({ results }) => {
                    slot?.plan.push(...results.map(({ detail }) => detail));
                  }),
              );
              return inner.bind(...values);
            };
          },
        });
      };
    },
  });
  const explaining: Promise<void>[] = [];
  return {
    db: createDb(db),
    /** @throws Error when nothing was explained: a check over no plans would pass */
    async plans() {
      await Promise.all(explaining);
      if (plans.length === 0 || plans.some(({ plan }) => plan.length === 0)) throw new Error("no plan was explained");
      return plans;
    },
  };
}

describe("the lists", () => {
  it.each([
    ["failures", ""],
    ["failures", "status=pending"],
    ["failures", "failure_category=a"],
    ["failures", "topic=plans"],
    ["improvements", ""],
    ["improvements", "sort=newest"],
    ["improvements", "sort=mean_gain"],
    ["improvements", "sort=mean_gain&topic=plans"],
    ["improvements", "sort=mean_gain&failure_category=a"],
    ["improvements", "failure_category=a"],
    ["improvements", "failure_category=a&sort=newest"],
    ["improvements", "topic=plans"],
    ["improvements", "topic=plans&sort=newest"],
    ["improvements", "review=unreviewed"],
  ])("%s?%s come from an index, in order, page by page", async (list, query) => {
    await createWorld().correctAll(aFailure({ topic: "plans" }), aFailure({ topic: "plans" }));
    const given = Object.fromEntries(new URLSearchParams(`limit=1&${query}`));
    const { db, plans } = explained();
    const page =
      list === "failures"
        ? await listFailures(db, failureQuery.parse(given))
        : await listImprovements(db, improvementQuery.parse(given));
    if (page.next_cursor !== null) {
      const next = { ...given, cursor: page.next_cursor };
      await (list === "failures"
        ? listFailures(db, failureQuery.parse(next))
        : listImprovements(db, improvementQuery.parse(next)));
    }
    for (const { sql, plan } of await plans()) {
      expect(plan.join("; "), sql).not.toMatch(/TEMP B-TREE/);
      expect(
        plan.filter((step) => /^SCAN/.test(step) && !/USING .*INDEX/.test(step)),
        sql,
      ).toEqual([]);
    }
  });

  it("lead through the review queue, and count what is left, from an index in order", async () => {
    await createWorld().correctAll(aFailure(), aFailure());
    const { db, plans } = explained();
    const first = await nextToReview(db, null);
    await nextToReview(db, first?.cursor ?? null);
    await countUnreviewed(db);
    await failuresLeftToPeople(db);
    for (const { sql, plan } of await plans()) {
      expect(plan.join("; "), sql).not.toMatch(/TEMP B-TREE|SCAN/);
      expect(plan.join("; "), sql).toMatch(/INDEX/);
    }
  });

  it("give credit from an index alone, in groups", async () => {
    const { db, plans } = explained();
    await improvementCredit(db);
    for (const { sql, plan } of await plans()) {
      expect(plan.join("; "), sql).toMatch(/COVERING INDEX/);
      expect(plan.join("; "), sql).not.toMatch(/TEMP B-TREE/);
    }
  });

  it("find what people rated from its own index", async () => {
    const { db, plans } = explained();
    await readCalibration({ ...createWorld().services, db });
    const all = await plans();
    expect(all.map(({ plan }) => plan.join("; ")).join("\n")).toMatch(/failed_replies_rated/);
    for (const { sql, plan } of all) expect(plan.join("; "), sql).not.toMatch(/TEMP B-TREE/);
  });

  it("find a fine-tune's comparison and its cases by their indexes", async () => {
    const id = crypto.randomUUID();
    await env.DB.batch([
      env.DB.prepare(
        `insert into fine_tune_comparisons (id, fine_tune_id, status, case_limit, base_model, tuned_model, judge_model, judge_samples, rubric, tokens, faults, created_at)
         values (?1, ?1, 'running', 1, 'b', 't', 'j', 1, 'r', 0, 0, 1)`,
      ).bind(id),
      env.DB.prepare(
        `insert into fine_tune_comparison_cases (comparison_id, position, failed_reply_id, unseen, status, base_reply, tuned_reply, base_rating, tuned_rating, pairwise, tries)
         values (?1, 0, ?1, 'held_out', 'scored', 'b', 't', 1, 2, 'won', 1)`,
      ).bind(id),
    ]);
    const { db, plans } = explained();
    const { services } = createWorld();
    await getComparison(db, id);
    await listCases(db, id, { limit: 10 });
    await exampleCases(db, id, 3);
    await resumeComparisons({ ...services, db });
    const all = await plans();
    expect(all.length).toBe(6);
    // The examples are sorted by a difference, of a few hundred numbers at most.
    for (const { sql, plan } of all) expect(plan.join("; "), sql).not.toMatch(/SCAN/);
    expect(all.map(({ plan }) => plan.join("; ")).join("\n")).toMatch(/comparisons_fine_tune.*comparisons_due/s);
  });

  it("add up a leaderboard from an index alone", async () => {
    const { db, plans } = explained();
    await improvementTotals(db, improvementQuery.parse({}));
    await improvementTotals(db, improvementQuery.parse({ failure_category: "a" }));
    for (const { sql, plan } of await plans()) expect(plan.join("; "), sql).toMatch(/COVERING INDEX/);
  });
});
