import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { log } from "../../src/lib/log.ts";
import { ModelError } from "../../src/llm/model.ts";
import { clearAll, failureId } from "../exports/rows.ts";
import { type Asked, comparison, modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld, type World } from "../support/world.ts";
import { aFile, aProvider, aTunedModel, readFile } from "./provider.ts";

const TUNED = "ft:base:1";

/** Base and tuned model answer by their names; the judge likes the tuned one's replies, or as the test says. */
function models({
  reply = ({ request }: Asked) => (request.model === TUNED ? "Tuned reply." : "Base reply."),
  rate = (text: string) => rating(text.startsWith("Tuned") ? 80 : 50),
}: {
  reply?: (asked: Asked) => string;
  rate?: (reply: string, asked: Asked) => string;
} = {}) {
  return modelThat(
    (asked) => (asked.isRating ? rate(asked.section("reply_to_rate"), asked) : reply(asked)),
    ({ section }) => comparison(section("reply_a").startsWith("Tuned") ? "A" : "B"),
  );
}

const busy = () => new ModelError("retry", "provider_error", "the model's server answered 500");

/** What a worker leaves that died with a comparison in its hands. */
const leaseOf = (dueAt: number) =>
  env.DB.prepare(
    "insert into jobs (kind, subject, due_at, claim, tries, asked) select 'comparison', id, ?, 'dead', 1, 1 from fine_tune_comparisons",
  ).bind(dueAt);

describe("a comparison", () => {
  let provider: ReturnType<typeof aProvider>;
  beforeEach(() => {
    provider = aProvider();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  async function tunedOn(world: World, options: object = { validation_fraction: 0.3 }) {
    const exportId = await aFile(world, options);
    const fineTune = await aTunedModel(world, provider, exportId);
    return { exportId, path: `/v1/fine-tunes/${fineTune}/comparison` };
  }
  const lines = async (world: World, exportId: string, file: string) =>
    (await readFile(world, exportId, file))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  const allCases = async (world: World, path: string) =>
    (await world.json("GET", `${path}/cases?limit=100`)).data as Record<string, unknown>[];

  it("asks both models what the validation lines ask, each prompt once, and adds up case by case", async () => {
    const model = models();
    const world = createWorld({ model });
    const { exportId, path } = await tunedOn(world);
    const asked = await world.call("POST", path, {});
    expect(asked.status).toBe(202);
    await world.deliver();
    const result = await world.json("GET", path);
    const heldOut = await lines(world, exportId, "validation_data.jsonl");
    const prompts = [...new Set(heldOut.map(({ messages }) => messages[0].content as string))].toSorted();
    expect(prompts.length).toBeGreaterThan(8);
    const replies = model.calls.filter(({ isRating }) => !isRating);
    for (const name of ["base", TUNED]) {
      const sent = replies.filter(({ request }) => request.model === name).map(({ request }) => request.messages);
      expect(sent.map((messages) => messages.map(({ content }) => content).join()).toSorted()).toEqual(prompts);
      expect(new Set(sent.map((messages) => messages.map(({ role }) => role).join()))).toEqual(new Set(["user"]));
    }
    const n = prompts.length;
    expect(result).toMatchObject({
      ...{ status: "done", n, cases: n, open: 0, unscored: {}, unseen: { held_out: n }, too_few: false },
      ...{ base_model: "base", tuned_model: TUNED, base_rating: 50, tuned_rating: 80, wins: n, ties: 0, losses: 0 },
      difference: { value: 30, n },
      meaning: expect.stringContaining("better than its base"),
    });
    expect(result.win_share.low).toBeLessThan(1);
    // Two replies, two ratings, two comparisons; 15 tokens each.
    expect(result.tokens).toBe(n * 6 * 15);
    const [used] = (await env.DB.prepare("select * from daily_usage").all()).results;
    expect(used).toMatchObject({ model_calls: n * 6, input_tokens: n * 60, output_tokens: n * 30 });
  });

  it("tells the judge of neither reply whose it is, nor by which comes first", async () => {
    const model = models();
    const world = createWorld({ model });
    const { path } = await tunedOn(world);
    await world.json("POST", path, { limit: 100 });
    await world.deliver();
    const judged = [...model.calls.filter(({ isRating }) => isRating), ...model.comparisons];
    for (const { request } of judged) expect(JSON.stringify(request)).not.toMatch(/ft:base|tuned model|base model/);
    // Both orders of every case.
    const byPrompt = Map.groupBy(model.comparisons, ({ section }) => section("customer_message"));
    const cases = await allCases(world, path);
    expect(byPrompt.size).toBe(cases.length);
    for (const asked of byPrompt.values())
      expect(asked.map(({ section }) => section("reply_a")).toSorted()).toEqual(["Base reply.", "Tuned reply."]);
    expect(cases.every(({ pairwise }) => pairwise === "won")).toBe(true);
  });

  it("counts a reply that never came, or was not judged, as unscored and never as 0", async () => {
    let [refused, unjudged] = [0, 0];
    const model = models({
      reply: ({ request }) => {
        if (request.model === TUNED && refused++ === 0) throw new ModelError("refused", "refusal", "the model refused");
        return request.model === TUNED ? "Tuned reply." : "Base reply.";
      },
      rate: (reply) =>
        reply.startsWith("Base") && unjudged++ < 2 ? "no idea" : rating(reply.startsWith("Tuned") ? 80 : 50),
    });
    const world = createWorld({ model });
    const { path } = await tunedOn(world);
    await world.json("POST", path, {});
    await world.deliver();
    const result = await world.json("GET", path);
    expect(result).toMatchObject({ status: "done", unscored: { tuned_reply_failed: 1, not_judged: 1 } });
    expect(result).toMatchObject({ n: result.cases - 2, base_rating: 50, tuned_rating: 80 });
    const failed = (await allCases(world, path)).find(({ reason_code }) => reason_code === "tuned_reply_failed");
    expect(failed).toMatchObject({ base_reply: "Base reply.", tuned_reply: null, tuned_rating: null });
  });

  it("goes on after a time-out, and gives a case up only after an hour of them", async () => {
    let down = true;
    const reply = ({ request }: Asked) => {
      if (down) throw busy();
      return request.model === TUNED ? "Tuned reply." : "Base reply.";
    };
    const world = createWorld({ model: models({ reply }) });
    const { path } = await tunedOn(world);
    await world.json("POST", path, { limit: 6 });
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({
      status: "running",
      open: 6,
      waiting: expect.stringContaining("500"),
    });
    await world.deliver();
    down = false;
    world.now += 31_000;
    await world.sweep();
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({ status: "done", n: 6, waiting: null });
    down = true;
    await world.json("POST", path, { limit: 6 });
    let waited = 0;
    for (let i = 0; i < 8; i++) {
      await world.deliver();
      expect((await world.json("GET", path)).status).toBe(i < 7 ? "running" : "done");
      const due =
        (await env.DB.prepare("select due_at from jobs where kind = 'comparison'").first<number>("due_at")) ??
        world.now;
      waited += due - world.now;
      world.now = due;
      await world.sweep();
    }
    expect(waited).toBeGreaterThan(3_600_000);
    expect(await world.json("GET", path)).toMatchObject({
      n: 0,
      base_rating: null,
      unscored: { base_reply_failed: 6 },
    });
  });

  it("works in pieces: a lost message, one that comes twice and a dead worker cost no second reply", async () => {
    const model = models();
    const world = createWorld({ model });
    const { path } = await tunedOn(world);
    await world.json("POST", path, {});
    // A body may be left out.
    await world.json("POST", path);
    const [lost] = world.jobs.take();
    world.now += 1_000;
    await world.sweep();
    world.jobs.messages.push(...(lost ? [lost, lost] : []));
    await world.deliver();
    const { cases, tokens, status } = await world.json("GET", path);
    expect(status).toBe("done");
    expect(model.calls.length + model.comparisons.length).toBe(cases * 6);
    expect(tokens).toBe(cases * 6 * 15);
    // A worker that dies within a piece leaves its lease; when that runs out, what is open is done.
    await env.DB.batch([
      env.DB.prepare("update fine_tune_comparisons set status = 'running', finished_at = null"),
      leaseOf(world.now + 180_000),
      env.DB.prepare("update fine_tune_comparison_cases set status = 'open' where position < 2"),
    ]);
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", path)).status).toBe("running");
    world.now += 181_000;
    await world.sweep();
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({ status: "done", n: cases });
    expect(model.calls.length + model.comparisons.length).toBe((cases + 2) * 6);
  });

  it("keeps to the daily budget, says so, and goes on the next day", async () => {
    const model = models();
    const world = createWorld({ model, vars: { DAILY_TOKEN_BUDGET: "300" } });
    const { path } = await tunedOn(world);
    await world.json("POST", path, {});
    await world.deliver();
    const held = await world.json("GET", path);
    expect(held).toMatchObject({ status: "running", waiting: expect.stringContaining("DAILY_TOKEN_BUDGET") });
    expect(held.n).toBeGreaterThan(0);
    expect(held.open).toBeGreaterThan(0);
    const calls = model.calls.length;
    world.now += 6 * 60_000;
    await world.sweep();
    await world.deliver();
    expect(model.calls.length).toBe(calls);
    world.now = (Math.floor(world.now / 86_400_000) + 1) * 86_400_000;
    await world.sweep();
    await world.deliver();
    expect((await world.json("GET", path)).n).toBeGreaterThan(held.n);
  });

  it("waits at the gate that is closed for all, and closes it when the judge's key is refused", async () => {
    const rate = () => {
      throw new ModelError("stop", "bad_key", "OPENAI_API_KEY was refused");
    };
    const model = models({ rate });
    const world = createWorld({ model });
    const { path } = await tunedOn(world);
    await world.json("POST", path, { limit: 3 });
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({
      status: "running",
      open: 3,
      waiting: expect.stringContaining("refused"),
    });
    expect(await env.DB.prepare("select code from correction_gate").first("code")).toBe("bad_key");
    await env.DB.prepare("delete from correction_gate").run();
  });

  it("ends in plain words when the provider no longer has the tuned model", async () => {
    const reply = ({ request }: Asked) => {
      if (request.model === TUNED) throw new ModelError("stop", "unknown_model", "no such model");
      return "Base reply.";
    };
    const world = createWorld({ model: models({ reply }) });
    const { path } = await tunedOn(world);
    await world.json("POST", path, {});
    await world.deliver();
    const error = expect.stringMatching(/ft:base:1.*no such model/);
    expect(await world.json("GET", path)).toMatchObject({ status: "failed", error, n: 0 });
  });

  it("forgets what was said of an erased failure, done or still to come, and keeps its numbers", async () => {
    let erase: (() => Promise<unknown>) | null = null;
    const model = modelThat(
      async ({ isRating, section, request }) => {
        const erasing = erase;
        erase = null;
        await erasing?.();
        if (isRating) return rating(section("reply_to_rate").startsWith("Tuned") ? 80 : 50);
        return request.model === TUNED ? "Tuned reply." : "Base reply.";
      },
      () => comparison("tie"),
    );
    const world = createWorld({ model });
    const { path } = await tunedOn(world);
    await world.json("POST", path, { limit: 8 });
    await world.deliver();
    const [first] = await allCases(world, path);
    await world.call("DELETE", `/v1/failures/${first?.failure_id}`);
    expect((await allCases(world, path))[0]).toMatchObject({
      ...{ erased: true, original_prompt: null, agent_reply: null, base_reply: null, tuned_reply: null },
      ...{ status: "scored", base_rating: 50, tuned_rating: 80 },
    });
    // Erased while its replies are on their way: what comes back is not stored.
    await env.DB.batch([
      env.DB.prepare("update fine_tune_comparisons set status = 'running', finished_at = null"),
      leaseOf(1),
    ]);
    await env.DB.prepare(
      "update fine_tune_comparison_cases set status = 'open', base_reply = null, tuned_reply = null, judgement = null where position = 1",
    ).run();
    const second = (await allCases(world, path))[1]?.failure_id;
    erase = () => world.call("DELETE", `/v1/failures/${second}`);
    await world.sweep();
    await world.deliver();
    expect((await allCases(world, path))[1]).toMatchObject({
      erased: true,
      status: "unscored",
      reason_code: "erased",
      base_reply: null,
    });
    const texts = await env.DB.prepare(
      "select count(*) as n from fine_tune_comparison_cases where position < 2 and coalesce(base_reply, tuned_reply, judgement) is not null",
    ).first("n");
    expect(texts).toBe(0);
    expect(await world.json("GET", path)).toMatchObject({ status: "done", n: 7, unscored: { erased: 1 } });
  });

  it("without a validation file takes what came later and what was left out, but no prompt of the file", async () => {
    const model = models();
    const world = createWorld({ model });
    const { exportId, path } = await tunedOn(world, {});
    const [trained] = await lines(world, exportId, "training_data.jsonl");
    const [fresh, again, same] = await world.record(
      aFailure({ original_prompt: "A new question, mail me at ada@example.com", topic: "new" }),
      aFailure({ original_prompt: "a  new question, mail me at ada@example.com", topic: "new" }),
      aFailure({ original_prompt: `  ${trained.messages[0].content.toUpperCase()}` }),
    );
    await world.json("POST", path, { limit: 100 });
    await world.deliver();
    const cases = await allCases(world, path);
    const ids = cases.map(({ failure_id }) => failure_id);
    expect(cases.filter(({ unseen }) => unseen === "later").length).toBe(1);
    // Two that ask the same are one case.
    expect(ids.filter((id) => id === fresh || id === again).length).toBe(1);
    expect(ids).not.toContain(same);
    // Of sixty, each seventh gained nothing; some of those ask what a line asks, or what another one asks.
    const leftOut = cases.filter(({ unseen }) => unseen === "left_out").map(({ failure_id }) => failure_id);
    expect(leftOut.length).toBeGreaterThan(3);
    for (const id of leftOut) expect(Array.from({ length: 9 }, (_, i) => failureId(i * 7))).toContain(id);
    const trainedPrompts = new Set(
      (await lines(world, exportId, "training_data.jsonl")).map(({ messages }) => messages[0].content),
    );
    for (const { original_prompt } of cases) expect(trainedPrompts.has(original_prompt)).toBe(false);
    // Personal data went to neither model, as it did not go into the file.
    expect(JSON.stringify(model.calls.map(({ request }) => request))).not.toContain("ada@example.com");
    expect(await world.json("GET", path)).toMatchObject({
      clusters: expect.arrayContaining([
        expect.objectContaining({ topic: "new", n: 1, difference: null, too_few: true }),
      ]),
    });
  });

  it("says that there is nothing unseen rather than compare on what was trained on", async () => {
    const world = createWorld({ model: models() });
    const { path } = await tunedOn(world, { min_gain: -100 });
    await world.json("POST", path, {});
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({
      status: "failed",
      error: expect.stringContaining("validation_fraction"),
    });
  });

  it("still says what it was when its export is gone, and starts no other that nobody could vouch for", async () => {
    const world = createWorld({ model: models() });
    const { exportId, path } = await tunedOn(world);
    await world.json("POST", path, {});
    await world.deliver();
    const before = await world.json("GET", path);
    await world.call("DELETE", `/v1/exports/${exportId}`);
    expect(await world.json("GET", path)).toEqual(before);
    const again = await world.call("POST", path, {});
    expect(again.status).toBe(409);
    expect(await again.text()).toMatch(/deleted/);
  });

  it("begins with the system message where the training lines do", async () => {
    const model = models({ reply: ({ request }) => (request.model === TUNED ? "Tuned reply." : REWRITE) });
    const world = createWorld({ model, vars: { MIN_EXPORT_RATING: "0", MIN_EXPORT_GAIN: "-100" } });
    await clearAll();
    // This model distils no lessons, which is logged and does not matter here.
    vi.spyOn(log, "warn").mockReturnValue();
    const topic = "guided_comparison";
    const failures = Array.from({ length: 30 }, (_, i) => aFailure({ topic, original_prompt: `Guide me, case ${i}` }));
    await world.correctAll(...failures);
    const { id: exportId } = await world.json("POST", "/v1/exports", {
      topic,
      system: "guided",
      validation_fraction: 0.4,
    });
    await world.deliver();
    const fineTune = await aTunedModel(world, provider, exportId);
    model.calls.length = 0;
    await world.json("POST", `/v1/fine-tunes/${fineTune}/comparison`, { limit: 100 });
    await world.deliver();
    const asked = (await lines(world, exportId, "validation_data.jsonl")).map(({ messages }) => messages.slice(0, -1));
    expect(asked[0]?.[0]).toMatchObject({ role: "system", content: expect.stringContaining("past failures") });
    const sent = model.calls.filter(({ request }) => request.model === TUNED).map(({ request }) => request.messages);
    const sorted = (requests: unknown[]) => requests.map((request) => JSON.stringify(request)).toSorted();
    expect(sorted(sent)).toEqual(sorted(asked));
  });

  it("is refused before there is a tuned model", async () => {
    const world = createWorld({ model: models() });
    const asked = { export_id: await aFile(world), base_model: "base", method: "supervised" };
    const { id } = await world.json("POST", "/v1/fine-tunes", asked);
    expect((await world.call("POST", `/v1/fine-tunes/${id}/comparison`, {})).status).toBe(409);
    expect((await world.call("GET", `/v1/fine-tunes/${id}/comparison`)).status).toBe(404);
    const nobody = crypto.randomUUID();
    expect((await world.call("POST", `/v1/fine-tunes/${nobody}/comparison`, {})).status).toBe(404);
  });
});
