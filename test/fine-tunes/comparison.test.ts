import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { log } from "../../src/lib/log.ts";
import { ModelError } from "../../src/llm/model.ts";
import { aFile } from "../exports/a-file.ts";
import { clearAll, failureId } from "../exports/rows.ts";
import { comparison, modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";
import { allCases, leaseOf, linesOf, models, TUNED, tunedOn } from "./comparing.ts";
import { aProvider, aTunedModel } from "./provider.ts";

describe("a comparison", () => {
  let provider: ReturnType<typeof aProvider>;
  beforeEach(() => {
    provider = aProvider();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it("asks both models what the validation lines ask, each prompt once, and adds up case by case", async () => {
    const model = models();
    const world = createWorld({ model });
    const { exportId, path } = await tunedOn(world, provider);
    const asked = await world.call("POST", path, {});
    expect(asked.status).toBe(202);
    await world.deliver();
    const result = await world.json("GET", path);
    const heldOut = await linesOf(world, exportId, "validation_data.jsonl");
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

  it("lets the judge know of neither reply whose it is, nor by which comes first", async () => {
    const model = models();
    const world = createWorld({ model });
    const { path } = await tunedOn(world, provider);
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

  it("counts a reply that never came for technical reasons, or was not judged, as unscored, and gives no verdict", async () => {
    let [failed, unjudged] = [0, 0];
    const model = models({
      reply: ({ request }) => {
        if (request.model === TUNED && failed++ === 0) throw new ModelError("repair", "malformed_answer", "no JSON");
        return request.model === TUNED ? "Tuned reply." : "Base reply.";
      },
      rate: (reply) =>
        reply.startsWith("Base") && unjudged++ < 2 ? "no idea" : rating(reply.startsWith("Tuned") ? 80 : 50),
    });
    const world = createWorld({ model });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, {});
    await world.deliver();
    const result = await world.json("GET", path);
    expect(result).toMatchObject({ status: "done", unscored: { tuned_reply_failed: 1, not_judged: 1 } });
    expect(result).toMatchObject({ n: result.cases - 2, base_rating: 50, tuned_rating: 80 });
    expect(result.meaning).toMatch(/^No verdict: for technical reasons 0 cases .* and 1 case none from the tuned/);
    const unanswered = (await allCases(world, path)).find(({ reason_code }) => reason_code === "tuned_reply_failed");
    expect(unanswered).toMatchObject({ base_reply: "Base reply.", tuned_reply: null, tuned_rating: null });
  });

  it("lets a model lose that refuses, answers nothing or is cut off, rather than leave its cases out", async () => {
    const codes = ["refusal", "content_filter", "empty_answer", "truncated_answer"] as const;
    let next = 0;
    const model = models({
      reply: ({ request }) => {
        if (request.model !== TUNED) return "Base reply.";
        throw new ModelError("refused", codes[next++ % codes.length] ?? "refusal", "no answer");
      },
    });
    const world = createWorld({ model });
    const { path } = await tunedOn(world, provider);
    await world.json("POST", path, { limit: 8 });
    await world.deliver();
    const result = await world.json("GET", path);
    expect(result).toMatchObject({
      ...{ status: "done", n: 8, unscored: {}, base_rating: 50, tuned_rating: 0, wins: 0, losses: 8 },
      no_reply: { base: {}, tuned: { refused: 2, filtered: 2, empty: 2, cut_off: 2 } },
      meaning: expect.stringContaining("worse than its base"),
    });
    expect((await allCases(world, path))[0]).toMatchObject({ base_reply: "Base reply.", tuned_reply: null });
    // Where neither answers, neither wins, and nobody is asked about it.
    const silent = models({
      reply: () => {
        throw new ModelError("refused", "refusal", "no answer");
      },
    });
    const other = createWorld({ model: silent });
    const tuned = await tunedOn(other, aProvider());
    await other.json("POST", tuned.path, { limit: 6 });
    await other.deliver();
    expect(await other.json("GET", tuned.path)).toMatchObject({ n: 6, ties: 6, base_rating: 0, tuned_rating: 0 });
    expect(silent.calls.filter(({ isRating }) => isRating)).toEqual([]);
  });

  it("takes no failure that nearly says what a training line says", async () => {
    const model = models();
    const world = createWorld({ model });
    await clearAll();
    const long = (detail: string) =>
      `Hello, I sent the blue jacket from my last order back to you almost two weeks ago and have heard nothing about the refund since ${detail}`;
    const record = (...texts: string[]) =>
      world.correctAll(...texts.map((original_prompt) => aFailure({ original_prompt })));
    await record(
      long("Monday"),
      ...Array.from({ length: 11 }, (_, i) => `An own question, number ${i}, of its own ${i}`),
    );
    const exporting = createWorld({ model, vars: { MIN_EXPORT_GAIN: "-100", MIN_EXPORT_RATING: "0" } });
    const { id: exportId } = await exporting.json("POST", "/v1/exports", { min_gain: -100 });
    await exporting.deliver();
    const fineTune = await aTunedModel(exporting, provider, exportId);
    const [near, far] = await world.record(
      aFailure({ original_prompt: long("Tuesday, as I said") }),
      aFailure({ original_prompt: "How do I change the language of the app on my tablet at home?" }),
    );
    const path = `/v1/fine-tunes/${fineTune}/comparison`;
    await exporting.json("POST", path, { limit: 100 });
    await exporting.deliver();
    const ids = (await allCases(exporting, path)).map(({ failure_id }) => failure_id);
    expect(ids).toContain(far);
    expect(ids).not.toContain(near);
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
    const { path } = await tunedOn(world, provider);
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
    const { exportId, path } = await tunedOn(world, provider, {});
    const [trained] = await linesOf(world, exportId, "training_data.jsonl");
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
      (await linesOf(world, exportId, "training_data.jsonl")).map(({ messages }) => messages[0].content),
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
    const { path } = await tunedOn(world, provider, { min_gain: -100 });
    await world.json("POST", path, {});
    await world.deliver();
    expect(await world.json("GET", path)).toMatchObject({
      status: "failed",
      error: expect.stringContaining("validation_fraction"),
    });
  });

  it("still says what it was when its export is gone, and starts no other that nobody could vouch for", async () => {
    const world = createWorld({ model: models() });
    const { exportId, path } = await tunedOn(world, provider);
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
    const asked = (await linesOf(world, exportId, "validation_data.jsonl")).map(({ messages }) =>
      messages.slice(0, -1),
    );
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
