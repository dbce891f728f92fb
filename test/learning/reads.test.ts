import { describe, expect, it } from "vitest";
import { getLearning } from "../../src/learning/get-learning.ts";
import { explained } from "../db/explained.ts";
import { aFailure, createWorld } from "../support/world.ts";

/** Rows of these tables grow with failures, prompts and lessons. */
const GROWS =
  /^SCAN (failed_replies|outcomes|prompt_counts|erased_failures|lessons|bot_model_changes|correction_models|[foepl])\b(?!.*USING)/;

describe("whether it learns", () => {
  it.each([undefined, "plans"])(
    "is read by indexes, and by those alone where failures are counted (topic: %s)",
    async (topic) => {
      const world = createWorld();
      await world.record(aFailure({ topic: "plans" }));
      const { db, plans } = explained();
      await getLearning({ ...world.services, db }, { topic });
      const all = await plans();
      expect(all.length).toBeGreaterThan(8);
      for (const { sql, plan } of all) {
        expect(
          plan.filter((step) => GROWS.test(step)),
          sql,
        ).toEqual([]);
        // Index by index: what is counted of failures and outcomes needs no row, but to tell withdrawn from unnamed.
        const counted = plan.filter((step) => /^SEARCH [fo] USING/.test(step) && /count\(\*\)/.test(sql));
        for (const step of counted)
          expect(step, sql).toMatch(/INDEX (failed_replies_cluster|outcomes_cluster|sqlite_autoindex_outcomes)/);
      }
      const said = all.map(({ plan }) => plan.join("; ")).join("\n");
      expect(said).toMatch(
        /COVERING INDEX failed_replies_cluster_occurred \(cluster_id=\? AND occurred_at>\? AND occurred_at<\?\)/,
      );
      expect(said).toMatch(
        topic
          ? /COVERING INDEX outcomes_cluster \(cluster_id=\?\)/
          : /sqlite_autoindex_outcomes_1 \(prompt_id>\? AND prompt_id<\?\)/,
      );
      expect(said).toMatch(
        /COVERING INDEX failed_replies_cluster_category \(cluster_id=\? AND failure_category=\? AND occurred_at>\? AND occurred_at<\?\)/,
      );
      expect(said).toMatch(/lessons_against/);
    },
  );
});
