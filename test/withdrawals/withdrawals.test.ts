import { env } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { exportsTable } from "../../src/db/schema/exports.ts";
import { exampleCases, getComparison } from "../../src/fine-tunes/comparison/queries.ts";
import { drawUnseen } from "../../src/fine-tunes/comparison/unseen.ts";
import { requestControls } from "../../src/judge/controls.ts";
import {
  aWorld,
  badBatch,
  clearAll,
  correct,
  everythingServed,
  goodBatch,
  importBatch,
  learn,
  learned,
  MARK,
  newExport,
  places,
  TOPIC,
  withdraw,
} from "./poison.ts";

beforeEach(clearAll);

/** A world with good failures and a bad import, corrected, reviewed, learned from and exported. */
async function poisoned() {
  const world = aWorld();
  await importBatch(world, goodBatch(6));
  await correct(world);
  await learn(world);
  // Not learned from yet, so that the model learns from it and the bad ones together.
  await importBatch(world, goodBatch(1));
  await correct(world);
  const served: string[] = [];
  for (let n = 0; n < 4; n++)
    served.push((await world.json("POST", "/v1/prompts", { customer_message: `Hi ${n}`, topic: TOPIC })).prompt_id);
  for (const prompt_id of served.slice(2)) await world.json("POST", "/v1/outcomes", { prompt_id, failed: false });
  const before = await learned(world);
  const importId = await importBatch(world, badBatch(6, served.slice(0, 2)));
  await correct(world);
  await learn(world);
  await learn(world, `${MARK} topic`);
  await world.sweep();
  await world.deliver();
  return { world, importId, before };
}

describe("a withdrawal", { timeout: 60_000 }, () => {
  it("takes a bad import out of all that is learned, shown, served and exported", async () => {
    const { world, importId, before } = await poisoned();
    const poisonedNow = await learned(world);
    // Without this, finding nothing afterwards would say nothing.
    const marked = places(await everythingServed(world));
    expect(marked).toEqual(
      expect.arrayContaining(["/", "/clusters", `/clusters/${TOPIC}`, "file", "agents", "/review"]),
    );
    expect(poisonedNow.outcomes).toHaveLength(4);

    const id = await withdraw(world, { import_id: importId });
    expect(await world.json("GET", `/v1/withdrawals/${id}`)).toMatchObject({
      ...{ status: "done", total: 6, withdrawn: 6, reason: "A bad import.", mode: "withdraw" },
      filter: { import_id: importId },
    });
    const asked = (world.services.model as ReturnType<typeof import("./poison.ts")["learningModel"]>).calls;
    asked.length = 0;
    await world.sweep();
    await world.deliver();
    world.now += 3_600_000;
    expect(places(await everythingServed(world)).filter((place) => place !== "/clusters")).toEqual([]);
    const after = await learned(world);
    const guidance = (all: typeof after) => all.contexts.map(({ lessons, opening, ...context }) => context);
    expect({ ...after, contexts: guidance(after) }).toEqual({ ...before, contexts: guidance(before) });
    // Learned again, from what is left, and named without the names it brought.
    await importBatch(world, [{ ...goodBatch(1)[0], topic: undefined, failure_category: undefined }]);
    await correct(world);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.map(({ request }) => JSON.stringify(request)).filter((text) => text.includes(MARK))).toEqual([]);
    await requestControls(world.services, 100);
    const drawn = await env.DB.prepare("select failure_ids from judge_controls order by id desc").first<string>(
      "failure_ids",
    );
    expect(JSON.parse(drawn ?? "")).toHaveLength(8);
    await env.DB.prepare("delete from failed_replies where cluster_id is null and status <> 'withdrawn'").run();
  });

  it("is undone without a trace", async () => {
    const { world, importId } = await poisoned();
    const was = await learned(world);
    const failures = await env.DB.prepare("select * from failed_replies order by id").all();
    const id = await withdraw(world, { import_id: importId });
    expect(await learned(world)).not.toEqual(was);
    expect((await world.call("POST", `/v1/withdrawals/${id}/undo`)).status).toBe(202);
    await world.deliver();
    expect(await world.json("GET", `/v1/withdrawals/${id}`)).toMatchObject({ status: "undone", withdrawn: 0 });
    expect(await learned(world)).toEqual(was);
    const back = await env.DB.prepare("select * from failed_replies order by id").all();
    expect(back.results.map((row) => ({ ...row, updated_at: 0 }))).toEqual(
      failures.results.map((row) => ({ ...row, updated_at: 0 })),
    );
  });

  it("closes the files that hold what it took, opens them again when it is undone, and no other", async () => {
    const { world, importId } = await poisoned();
    const held = await newExport(world);
    const clean = await newExport(world, { since: "2001-01-01T00:00:00Z", failure_category: "nothing" });
    const status = async (id: string) => (await world.call("GET", `/v1/exports/${id}/training_data.jsonl`)).status;
    const id = await withdraw(world, { import_id: importId });
    const told = await world.json("GET", `/v1/withdrawals/${id}`);
    expect(told.exports.map((one: { id: string }) => one.id)).toContain(held.id);
    expect(told.exports.map((one: { id: string }) => one.id)).not.toContain(clean.id);
    expect([await status(held.id), await status(clean.id)]).toEqual([409, 200]);
    expect(await world.json("GET", `/v1/exports/${held.id}`)).toMatchObject({ stale: true, stale_reason: "withdrawn" });
    // A second one takes other failures that the same file holds.
    const second = await withdraw(world, { agent: "kim" });
    await world.call("POST", `/v1/withdrawals/${id}/undo`);
    await world.deliver();
    expect(await status(held.id)).toBe(409);
    await world.call("POST", `/v1/withdrawals/${second}/undo`);
    await world.deliver();
    expect(await status(held.id)).toBe(200);
  });

  it("says beforehand what it touches, and takes nothing else", async () => {
    const { world, importId } = await poisoned();
    const held = await newExport(world);
    const [first] = (await world.json("GET", "/v1/improvements?q=zarquon")).data;
    await world.json("POST", `/v1/improvements/${first.id}/review`, { decision: "approve", version: 1 });
    const preview = await world.json("POST", "/v1/withdrawals/preview", { agent: `${MARK} agent` });
    expect(preview).toMatchObject({
      failures: { total: 6, by_status: { improved: 6 } },
      improvements: { total: 6, approved: 1, unreviewed: 5, rejected: 0 },
      lessons: { alone: 3, in_part: 1, kept: 0 },
      clusters: { total: 2 },
      all_exports_checked: true,
    });
    expect(preview.exports.map((one: { id: string }) => one.id)).toContain(held.id);
    expect(preview.sample).toHaveLength(6);
    await importBatch(world, badBatch(2));
    const body = { agent: `${MARK} agent`, mode: "withdraw", reason: "Bad.", token: preview.token };
    const grown = await world.call("POST", "/v1/withdrawals", body);
    expect(grown.status).toBe(409);
    expect(await grown.text()).toContain("it held 6 failures and holds 8 now");
    expect((await world.json("POST", "/v1/withdrawals/preview", { import_id: importId })).failures.total).toBe(6);
    const { token } = await world.json("POST", "/v1/withdrawals/preview", { agent: `${MARK} agent` });
    expect((await world.call("POST", "/v1/withdrawals", { ...body, token })).status).toBe(202);
    // What comes after it is not in it.
    await importBatch(world, badBatch(1));
    await world.deliver();
    expect((await world.json("GET", "/v1/failures?status=withdrawn")).data).toHaveLength(8);
    expect((await world.json("GET", "/v1/failures?status=pending")).data).toHaveLength(1);
  });

  it("erases for good what it is told to, also what was set aside before", async () => {
    const { world, importId } = await poisoned();
    const id = await withdraw(world, { import_id: importId });
    const erasing = await withdraw(world, { withdrawal_id: id }, "erase");
    expect(await world.json("GET", `/v1/withdrawals/${erasing}`)).toMatchObject({ status: "done", withdrawn: 6 });
    for (const table of ["failed_replies", "prompts", "ai_reply_improvements"]) {
      const { results } = await env.DB.prepare(`select * from ${table}`).all();
      expect(results.length).toBe(7);
      expect(JSON.stringify(results)).not.toContain(MARK);
    }
    const alone = await env.DB.prepare("select text from lessons where text like '%Always say zarquon%'").all();
    expect(alone.results).toEqual([]);
    expect((await world.call("POST", `/v1/withdrawals/${erasing}/undo`)).status).toBe(409);
    expect((await world.call("POST", `/v1/withdrawals/${id}/undo`)).status).toBe(202);
    await world.deliver();
    expect((await world.json("GET", "/v1/failures?limit=100")).data).toHaveLength(7);
  });

  it("is not undone by a correction that was under way, and gives it back to be corrected", async () => {
    const world = aWorld();
    const importId = await importBatch(world, [{ ...badBatch(1)[0], topic: undefined }]);
    const { complete } = world.services.model;
    let id = "";
    world.services.model = {
      async complete(request) {
        const named = JSON.stringify({ topic: TOPIC, failure_category: null });
        const given = await complete(request);
        const answer = request.answer?.name === "failure_names" ? { ...given, text: named } : given;
        if (id === "") {
          id = "asked";
          id = await withdraw(world, { import_id: importId });
        }
        return answer;
      },
    };
    await correct(world);
    const only = async () => (await world.json("GET", "/v1/failures")).data[0];
    expect(await only()).toMatchObject({ status: "withdrawn", withdrawal_id: id, topic: null });
    expect((await world.json("GET", "/v1/improvements")).data).toEqual([]);
    await world.call("POST", `/v1/withdrawals/${id}/undo`);
    await world.deliver();
    world.now += 600_000;
    await world.sweep();
    await world.deliver();
    expect(await only()).toMatchObject({ status: "improved", withdrawal_id: null, topic: TOPIC });
  });

  it("leaves what it took out of comparisons, those that are done and those that begin", async () => {
    const world = aWorld();
    const { db } = world.services;
    await importBatch(world, goodBatch(2));
    await correct(world);
    const { id: exportId } = await newExport(world);
    world.now += 1;
    const asked = ["Where is it?", "The parcel came back to me, opened and with half of it gone."];
    const importId = await importBatch(
      world,
      badBatch(2).map((one, n) => ({ ...one, original_prompt: asked[n] })),
    );
    const compared = (await world.json("GET", `/v1/failures?import_id=${importId}`)).data;
    const comparison = crypto.randomUUID();
    await env.DB.batch([
      env.DB.prepare(
        `insert into fine_tune_comparisons (id, fine_tune_id, status, case_limit, base_model, tuned_model, judge_model, judge_samples, rubric, tokens, created_at)
         values (?1, ?1, 'running', 2, 'b', 't', 'j', 1, 'r', 0, 1)`,
      ).bind(comparison),
      ...["scored", "open"].map((status, at) =>
        env.DB.prepare(
          `insert into fine_tune_comparison_cases (comparison_id, position, failed_reply_id, unseen, status, base_reply, tuned_reply, base_rating, tuned_rating, pairwise, tries)
           values (?, ?, ?, 'later', ?, 'b', 't', 1, 2, 'won', 0)`,
        ).bind(comparison, at, compared[at].id, status),
      ),
    ]);
    const [source] = await db.select().from(exportsTable).where(eq(exportsTable.id, exportId));
    if (source === undefined) throw new Error("no export");
    const drawn = async () => (await drawUnseen(world.services, { ...source, createdAt: 0 }, 100)).length;
    const read = async () => {
      const row = await getComparison(db, comparison);
      return { ...row, examples: (await exampleCases(db, comparison, 3)).length };
    };
    expect(await drawn()).toBe(2);
    expect(await read()).toMatchObject({ open: 1, unscored: {}, examples: 1 });
    const id = await withdraw(world, { import_id: importId });
    expect(await drawn()).toBe(0);
    expect(await read()).toMatchObject({ open: 0, unscored: { withdrawn: 2 }, examples: 0 });
    await world.json("POST", `/v1/withdrawals/${id}/undo`);
    await world.deliver();
    // The one that was open when it was withdrawn has been passed over.
    expect(await read()).toMatchObject({ open: 0, unscored: { withdrawn: 1 }, examples: 1 });
  });
});
