import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { buildContext } from "../../src/clusters/context/build-context.ts";
import { askForLessons, distillLessons } from "../../src/clusters/lessons/distill-lessons.ts";
import {
  clusterHealth,
  clusterNumbers,
  listChanges,
  listClusters,
  listFailureCategories,
  recentFailures,
} from "../../src/clusters/queries.ts";
import { clusterQuery } from "../../src/clusters/schemas.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import type { Db } from "../../src/db/client.ts";
import type { JobKind } from "../../src/db/schema/jobs.ts";
import { eraseFailures } from "../../src/erasure/erase-failures.ts";
import { listErasures } from "../../src/erasure/queries.ts";
import { countForLift } from "../../src/experiments/count-outcomes.ts";
import { measureLessons } from "../../src/experiments/lesson-effects.ts";
import { listFailures } from "../../src/failures/queries.ts";
import { failureQuery } from "../../src/failures/schemas.ts";
import { exampleCases, getComparison, listCases } from "../../src/fine-tunes/comparison/queries.ts";
import { improvementCredit, improvementTotals, listImprovements } from "../../src/improvements/queries.ts";
import { countUnreviewed, failuresLeftToPeople, nextToReview } from "../../src/improvements/review-queue.ts";
import { improvementQuery } from "../../src/improvements/schemas.ts";
import type { Held } from "../../src/jobs/job.ts";
import { nextItem } from "../../src/judge/audit/next-item.ts";
import { rateItem } from "../../src/judge/audit/rate-item.ts";
import { countRated, listLabels } from "../../src/judge/audit/read-audit.ts";
import { readCalibration } from "../../src/judge/calibration.ts";
import { routerStatus } from "../../src/router/training-state.ts";
import { aFailure, createWorld } from "../support/world.ts";
import { explained } from "./explained.ts";

const RULE = { minGain: 1, needApproval: false };

const inAnHour = () => Date.now() + 3_600_000;

describe("the lists", () => {
  it.each([
    ["failures", ""],
    ["failures", "status=pending"],
    ["failures", "failure_category=a"],
    ["failures", "topic=plans"],
    ["failures", `import_id=${crypto.randomUUID()}`],
    ...["score_gain", "mean_gain", "newest"].flatMap((sort) =>
      ["", "&topic=plans", "&failure_category=a", "&review=unreviewed", "&review=all"].map((filter) => [
        "improvements",
        `sort=${sort}${filter}`,
      ]),
    ),
  ])("%s?%s come from an index or the table's own key, in order, page by page", async (list, query) => {
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
    // The first page of the newest is the table's end.
    const inItsOwnOrder = /^sort=newest(&review=all)?$/.test(query) ? "SCAN ai_reply_improvements" : "";
    for (const { sql, plan } of await plans()) {
      expect(plan.join("; "), sql).not.toMatch(/TEMP B-TREE/);
      expect(
        plan.filter((step) => /^SCAN/.test(step) && !/USING .*INDEX/.test(step) && step !== inItsOwnOrder),
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

  /** What is taken off for rejected replies: of these there are few, found by an index of reviews. */
  const ofRejected = ({ sql }: { sql: string }) => /"review_status" = \?/.test(sql);
  const BY_REVIEW = /USING INDEX improvements_\w+ \((is_current=\? AND )?review_status=\?/;

  it("give credit from an index alone, in groups, and take off what was rejected", async () => {
    const { db, plans } = explained();
    await improvementCredit(db);
    const all = await plans();
    expect(all.filter(ofRejected)).toHaveLength(2);
    for (const { sql, plan } of all.filter(ofRejected)) expect(plan.join("; "), sql).toMatch(BY_REVIEW);
    for (const { sql, plan } of all.filter((one) => !ofRejected(one))) {
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

  it("go from an audit's items to their improvements, and from its labels to their items", async () => {
    const world = createWorld();
    await world.correctAll(aFailure());
    const { db, plans } = explained();
    const item = await nextItem({ ...world.services, db }, "Kim");
    await countRated(db);
    await listLabels(db, { limit: 10 });
    await rateItem({ ...world.services, db }, item?.id ?? "", { better: "equal", first: 3, second: 3 }, "Kim");
    const all = await plans();
    expect(all.length).toBeGreaterThan(5);
    // A draw looks through the improvements: once in twenty ratings.
    const drawing = (sql: string) => /not in \(select a\.improvement_id/.test(sql);
    for (const { sql, plan } of all.filter((one) => !drawing(one.sql))) {
      const looked = plan.filter(
        (step) => /ai_reply_improvements/.test(step) && !/SEARCH .*_unique \(id=\?\)/.test(step),
      );
      expect(looked, sql).toEqual([]);
    }
  });

  it("find a fine-tune's comparison and its cases by their indexes", async () => {
    const id = crypto.randomUUID();
    await env.DB.batch([
      env.DB.prepare(
        `insert into fine_tune_comparisons (id, fine_tune_id, status, case_limit, base_model, tuned_model, judge_model, judge_samples, rubric, tokens, created_at)
         values (?1, ?1, 'running', 1, 'b', 't', 'j', 1, 'r', 0, 1)`,
      ).bind(id),
      env.DB.prepare(
        `insert into fine_tune_comparison_cases (comparison_id, position, failed_reply_id, unseen, status, base_reply, tuned_reply, base_rating, tuned_rating, pairwise, tries)
         values (?1, 0, ?1, 'held_out', 'scored', 'b', 't', 1, 2, 'won', 1)`,
      ).bind(id),
    ]);
    const { db, plans } = explained();
    await getComparison(db, id);
    await listCases(db, id, { limit: 10 });
    await exampleCases(db, id, 3);
    const all = await plans();
    expect(all.length).toBe(5);
    // The examples are sorted by a difference, of a few hundred numbers at most.
    for (const { sql, plan } of all) expect(plan.join("; "), sql).not.toMatch(/SCAN/);
    expect(all.map(({ plan }) => plan.join("; ")).join("\n")).toMatch(/comparisons_fine_tune/);
  });

  it("add up a leaderboard from an index alone, and take off what was rejected", async () => {
    const { db, plans } = explained();
    await improvementTotals(db, improvementQuery.parse({}));
    await improvementTotals(db, improvementQuery.parse({ failure_category: "a" }));
    for (const one of await plans()) {
      const found = one.plan.join("; ");
      if (/COVERING INDEX/.test(found)) continue;
      expect(ofRejected(one) && found, one.sql).toMatch(BY_REVIEW);
    }
  });
});

const held = (kind: JobKind, subject: string): Held => ({ kind, subject, claim: "mine", tries: 1, asked: 1 });

describe("the clusters", () => {
  async function known() {
    const world = createWorld();
    await world.correctAll(...[1, 2, 3, 4].map(() => aFailure({ topic: "plans" })));
    return (await findCluster(world.services.db, "plans"))?.id ?? "";
  }

  /** Rows of these tables grow with the failures: they are found by an index, never looked through. */
  const looksThrough = (step: string) =>
    /^SCAN (failed_replies|ai_reply_improvements|outcomes|f|o|clusters)\b/.test(step);

  it.each<[string, (db: Db, id: string) => Promise<unknown>]>([
    ["the topic", (db) => findCluster(db, "plans")],
    ["the context of a cluster", (db, id) => buildContext(db, { cluster_id: id }, [], RULE)],
    ["the context of a failure category", (db) => buildContext(db, { failure_category: "a" }, [], RULE)],
    ["the state of each", (db, id) => clusterHealth(db, [id, id], Date.now())],
    ["the last days of each", (db, id) => recentFailures(db, [id, id], 0)],
    ["the numbers of one", (db, id) => clusterNumbers(db, id, 0)],
    ["the changes of one", (db, id) => listChanges(db, id)],
    ["what its guidance is judged by", (db, clusterId) => countForLift(db, { clusterId, since: 0 })],
    ["what its lessons do", (db, id) => measureLessons(db, id)],
    ["what lessons are due", (db) => askForLessons({ ...createWorld().services, db })],
    ["what is new for the router", (db) => routerStatus(db)],
    [
      "what to distil",
      (db, id) => distillLessons({ ...createWorld().services, db, clock: inAnHour }, held("distill", id)),
    ],
  ])("find %s by an index", async (_, read) => {
    const id = await known();
    const { db, plans } = explained();
    await read(db, id);
    for (const { sql, plan } of await plans()) {
      expect(plan.filter(looksThrough), sql).toEqual([]);
      expect(plan.join("; "), sql).toMatch(/INDEX/);
    }
  });

  it("are left by an erasure that looks through nothing that grows with the failures", async () => {
    const world = createWorld();
    const ids = await world.correctAll(...[1, 2].map(() => aFailure({ topic: "plans" })));
    const { db, plans } = explained();
    await eraseFailures({ ...world.services, db }, ids);
    await listErasures({ ...world.services, db }, { limit: 10 });
    const all = await plans();
    expect(all.length).toBeGreaterThan(20);
    const grows = /^SCAN (failed_replies|ai_reply_improvements|prompts|fine_tune_comparison_cases|erasures|[fio])$/;
    for (const { sql, plan } of all) {
      const looked = plan.filter((step) => grows.test(step));
      expect(looked, sql).toEqual([]);
    }
  });

  it("sort nothing that grows with the failures to build a context, but its lessons", async () => {
    const id = await known();
    const { db, plans } = explained();
    await buildContext(db, { cluster_id: id }, [], RULE);
    const sorting = (await plans()).filter(({ plan }) => plan.some((step) => /TEMP B-TREE/.test(step)));
    expect(sorting.map(({ sql }) => /from "(\w+)"/.exec(sql)?.[1]).toSorted()).toEqual(["lessons"]);
  });

  it("count all failures for the list and for what all have in common from indexes alone", async () => {
    await known();
    const { db, plans } = explained();
    await listClusters(db, clusterQuery.parse({}), Date.now());
    await listFailureCategories(db);
    await buildContext(db, "all", null, RULE);
    const all = await plans();
    const counting = all.filter(({ sql }) => /count\(/.test(sql) && /failed_replies/.test(sql));
    expect(counting.length).toBeGreaterThan(4);
    for (const { sql, plan } of counting) {
      for (const step of plan.filter((one) => /^(SCAN|SEARCH) (failed_replies|f)\b/.test(one)))
        expect(step, sql).toMatch(/USING COVERING INDEX/);
    }
  });
});
