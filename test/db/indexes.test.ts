import { env } from "cloudflare:test";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { exampleCases, getComparison } from "../../src/fine-tunes/comparison/queries.ts";
import { storeImprovement } from "../../src/improvements/store-improvement.ts";
import { signDelivery } from "../support/sign-delivery.ts";
import { aFailure, createWorld, KEY, type World } from "../support/world.ts";
import { explained } from "./explained.ts";

const WEBHOOK_SECRET = "whsec_b2xkLXNlY3JldC1vZi10aGUtcHJvdmlkZXI=";

/** Everything there is to read by, one combination of a sort and a filter after the other. */
const READS = [
  ...["", "status=pending", "failure_category=a", "topic=plans", `import_id=${crypto.randomUUID()}`].map(
    (filter) => `failures?${filter}`,
  ),
  ...["score_gain", "mean_gain", "newest"].flatMap((sort) =>
    ["", "topic=plans", "failure_category=a", "review=approved"].map(
      (filter) => `improvements?sort=${sort}&limit=1&${filter}`,
    ),
  ),
  ...[
    "improvements/credit",
    "learning",
    "clusters",
    "clusters/plans",
    "failure-categories",
    "judge/calibration",
    "router",
    "health",
  ],
  ...["correction-runs", "dead-letters", "exports", "exports?status=done", "exports/latest", "erasures"],
  ...["who=Kim", `who=${crypto.randomUUID()}`, "action=sign_in", `subject=${crypto.randomUUID()}`, "refused=true"].map(
    (filter) => `activity?${filter}`,
  ),
];

/** Uses Redraft from end to end: a failure comes in, is improved, looked at, exported, trained on and erased. */
async function useAll(world: World): Promise<void> {
  const [first] = await world.correctAll(
    ...[1, 2, 3].map(() => aFailure({ topic: "plans", failure_category: "a", ai_rating: 2 })),
  );
  await world.record(aFailure({ topic: "plans" }));
  await world.json("POST", "/v1/correction-runs?dry_run=true", {});
  await world.json("POST", "/v1/exports", { topic: "plans" });
  await world.json("POST", "/v1/judge/controls", { sample: 1 });
  await world.deliver();
  for (const path of READS) {
    const answer = await world.call("GET", `/v1/${path}`);
    expect(answer.status, `${path}: ${await answer.text()}`).toBe(200);
  }
  const page = await world.call("GET", "/review");
  expect(page.status, await page.text()).toBe(200);
  const from = { origin: "http://localhost", "content-type": "application/x-www-form-urlencoded" };
  const signedIn = await world.call("POST", "/sign-in", `key=${KEY}`, from);
  expect(signedIn.status, await signedIn.text()).toBe(303);
  await world.json("POST", "/v1/clusters/plans/merge", { into: "other plans" });
  await world.deliver();
  await compare(world);
  await world.sweep();
  const erased = await world.call("DELETE", `/v1/failures/${first}`);
  expect(erased.status, await erased.text()).toBe(200);
}

async function compare(world: World): Promise<void> {
  const id = crypto.randomUUID();
  const body = JSON.stringify({ type: "fine_tuning.job.succeeded", data: { id: "ftjob-1" } });
  const at = String(Math.floor(world.now / 1000));
  const delivered = await world.call("POST", "/v1/fine-tunes/webhook", body, {
    "webhook-id": id,
    "webhook-timestamp": at,
    "webhook-signature": await signDelivery(WEBHOOK_SECRET, `${id}.${at}.${body}`),
  });
  expect(delivered.status, await delivered.text()).toBe(200);
  await getComparison(world.services.db, id);
  await exampleCases(world.services.db, id, 3);
}

describe("the indexes", () => {
  it("are there because a query uses them, or to keep something unique", async () => {
    const world = createWorld({ vars: { EXPORT_RETENTION_DAYS: "1", FINE_TUNE_WEBHOOK_SECRET: WEBHOOK_SECRET } });
    const { db, plans } = explained();
    world.services.db = db;
    await useAll(world);
    const used = new Set((await plans()).flatMap(({ plan }) => plan.map((step) => /INDEX (\w+)/.exec(step)?.[1])));
    const { results } = await env.DB.prepare(
      "select name from sqlite_schema where type = 'index' and sql like 'create index%'",
    ).all<{ name: string }>();
    expect(results.length).toBeGreaterThan(20);
    expect(results.map(({ name }) => name).filter((name) => !used.has(name))).toEqual([]);
  });

  it("cost an improvement 18 writes, and one more where its agent is known", async () => {
    const world = createWorld();
    expect(await writesOf(world, null)).toBe(18);
    expect(await writesOf(world, "kim")).toBe(19);
  });
});

/** Stores an improvement. @returns the rows that D1 bills as written, those of indexes included */
async function writesOf(world: World, agent: string | null): Promise<number> {
  const [failureId = ""] = await world.record(aFailure());
  const row = await env.DB.prepare("select prompt_id, cluster_id from failed_replies where id = ?")
    .bind(failureId)
    .first<{ prompt_id: string; cluster_id: string }>();
  const { db } = world.services;
  const results = await db.batch(
    storeImprovement(
      db,
      {
        ...{ id: crypto.randomUUID(), failedReplyId: failureId, promptId: row?.prompt_id ?? "", agent },
        ...{ originalReply: "Please wait.", correctedReply: "It left us on Monday.", edited: false },
        ...{ oldRating: 40, newRating: 90, scoreGainEstimate: 50, gainSpread: 2, pairwise: "won", guardFindings: [] },
        ...{ failureCategory: "a", clusterId: row?.cluster_id ?? "", model: "m", judgeModel: "j" },
        ...{ reviewStatus: "unreviewed", judgement: null, createdAt: world.now },
      },
      sql`true`,
    ),
  );
  return results.reduce((sum, { meta }) => sum + (meta.rows_written ?? 0), 0);
}
