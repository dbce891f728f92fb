import { env } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { scopeName } from "../../src/clusters/context/context.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { keepDeadLetter } from "../../src/jobs/dead-letters.ts";
import { LimitError } from "../../src/llm/limit-error.ts";
import { readFile } from "../exports/a-file.ts";
import { aProvider, aTunedModel } from "../fine-tunes/provider.ts";
import { comparison, modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, askAndRun, createWorld, type World } from "../support/world.ts";
import { whereIs } from "./scan.ts";

const WORD = "quillfeatherwort";
const TOPIC = "parcel_lost";
const HELD_UP = "held up";

/** Every text that a failure can have, with the word in it, or without. */
const anyFailure = (n: number, word: string) =>
  aFailure({
    topic: TOPIC,
    external_id: `ticket-${n}-${word}`,
    // Said by two customers: what one says alone would serve nobody else.
    original_prompt: `Parcel ${n} ${n % 2 === 0 ? "never came." : "is late, where now?"} ${word}`,
    conversation: [
      { role: "user", content: `Hello ${word}` },
      { role: "assistant", content: `Hi ${word}` },
    ],
    ai_reply: `Wait for parcel ${n}. ${word}`,
    agent_reply: `Parcel ${n} was found in the depot this morning and comes on Friday. ${word}`,
    failure_explanation: `It names no day for parcel ${n}. ${word}`,
    context_url: `https://helpdesk.example.com/tickets/${n}?${word || "none"}`,
    channel: `chat ${word}`,
    model: `bot ${word}`,
    metadata: { agent: `kim ${word}`, note: [word] },
  });

/** Says the word wherever it was told it, as models do. */
const parrot = () =>
  modelThat(
    (asked) => {
      const told = asked.request.messages.map(({ content }) => content).join("\n");
      const word = told.includes(WORD) ? WORD : "";
      if (asked.isRating) {
        if (told.includes(HELD_UP)) throw new LimitError(Date.now() + 60_000, Date.now(), "The limit is used up.");
        return rating(asked.section("reply_to_rate").startsWith(REWRITE) ? 90 : 30, `Because of ${word}.`);
      }
      if (asked.request.answer?.name === "lesson_changes") {
        const change = {
          op: "add",
          lesson: null,
          failure_category: "missing_information",
          text: `Name a day. ${word}`,
        };
        return JSON.stringify({ changes: [{ ...change, failures: ["F1", "F2", "F12"] }] });
      }
      return `${REWRITE} ${asked.section("customer_message") || word}`;
    },
    ({ section }) => comparison("A", `A, for ${section("reply_a").includes(WORD) ? WORD : "its tone"}.`),
  );

describe("an erasure, after the whole loop,", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("leaves a word of the failure nowhere, but in what it lists as remaining", async () => {
    const provider = aProvider();
    const world = createWorld({ model: parrot() });
    const planted = await world.record(...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => anyFailure(n, WORD)));
    await world.correctAll(...Array.from({ length: 20 }, (_, n) => anyFailure(8 + n, "")));
    const [heldUp = ""] = await world.correctAll({ ...anyFailure(99, WORD), ai_reply: HELD_UP });
    const erased = [...planted, heldUp];
    const loop = await runLoop(world, provider, erased);

    const found = await whereIs(WORD);
    for (const table of [
      ...["ai_reply_improvements", "correction_drafts", "correction_gate", "dead_letters", "failed_replies"],
      ...["fine_tune_comparison_cases", "fine_tune_comparisons", "fine_tunes", "lessons", "prompts", "reviews"],
      "judge_controls",
    ])
      expect(found).toContain(`D1 ${table}`);
    expect(found.filter((place) => place.startsWith("R2 exports/")).length).toBeGreaterThan(2);
    expect(found.filter((place) => place.startsWith("Durable Object"))).not.toEqual([]);
    expect([...provider.kept.values()].some(({ text }) => text.includes(WORD))).toBe(true);

    for (const id of erased) expect((await world.call("DELETE", `/v1/failures/${id}`)).status).toBe(200);
    expect(await whereIs(WORD)).toEqual([]);
    // The job that trains is cancelled, and the router trained again.
    await world.deliver();
    const routers = async () => (await env.EXPORTS.list({ prefix: "router/" })).objects.map(({ key }) => key);
    const before = await routers();
    const waiting = await world.json("GET", `/v1/erasures/${erased[0]}`);
    expect(waiting).toMatchObject({
      state: "running",
      remains: expect.arrayContaining([expect.objectContaining({ what: "router" })]),
    });
    world.now += 3_600_000;
    await world.sweep();
    await world.deliver();
    const after = await routers();
    expect(after).toHaveLength(2);
    expect(after).not.toEqual(before);
    expect(await whereIs(WORD)).toEqual([]);
    expect([...provider.kept.values()].some(({ text }) => text.includes(WORD))).toBe(false);

    const { data } = await world.json("GET", "/v1/erasures");
    expect(data.map(({ id }: { id: string }) => id).toSorted()).toEqual(erased.toSorted());
    for (const one of data) {
      expect(one.state).toBe("done");
      const kinds = one.remains.map(({ what }: { what: string }) => what);
      expect([...new Set(kinds.filter((what: string) => what !== "trained_model"))]).toEqual([
        ...["database_backups", "cluster_backups", "model_server_logs"],
      ]);
    }
    const trainedOn = data.filter(({ fine_tunes }: { fine_tunes: { id: string }[] }) =>
      fine_tunes.some(({ id }) => id === loop.tuned),
    );
    expect(trainedOn.length).toBeGreaterThan(4);
    for (const one of trainedOn) expect(one.remains[0]).toMatchObject({ what: "trained_model", id: "ft:base:1" });
    // What was never about the failure is still there.
    expect((await world.json("GET", "/v1/failures?limit=100")).data).toHaveLength(20);
  }, 60_000);
});

async function runLoop(world: World, provider: ReturnType<typeof aProvider>, erased: string[]) {
  const { services } = world;
  const { data } = await world.json("GET", "/v1/improvements?limit=100");
  const own = data.find(({ original_prompt }: { original_prompt: string }) => original_prompt.includes("Parcel 3 "));
  await world.json("POST", `/v1/improvements/${own.id}/review`, {
    ...{ decision: "approve", version: own.version, note: `Good ${WORD}` },
    corrected_reply: `${own.corrected_reply} Edited.`,
  });
  const id = (await findCluster(services.db, TOPIC))?.id ?? "";
  await askAndRun(world, "distill", id);
  // Otherwise contexts are built in the background, at some time or other.
  for (const scope of [{ cluster_id: id }, { failure_category: "missing_information" }])
    await env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName(scope))).forget(scope);
  for (const asked of [{ topic: TOPIC }, { topic: TOPIC, failure_category: "missing_information" }])
    await world.json("POST", "/v1/prompts", { customer_message: "Where is it?", examples: 5, ...asked });
  await world.json("POST", "/v1/router/train");
  const plain = await world.json("POST", "/v1/exports", { validation_fraction: 0.3 });
  const guided = await world.json("POST", "/v1/exports", { system: "guided", topic: TOPIC });
  await world.deliver();
  expect(await readFile(world, guided.id, "training_data.jsonl")).toContain("Name a day.");
  const tuned = await aTunedModel(world, provider, plain.id);
  await world.json("POST", `/v1/fine-tunes/${tuned}/comparison`, { limit: 12 });
  await world.json("POST", "/v1/judge/controls", { sample: 28 });
  provider.status = "running";
  const asked = { export_id: guided.id, base_model: "base", method: "supervised" };
  const running = await world.json("POST", "/v1/fine-tunes", asked);
  await world.deliver();
  // What servers said of requests that held it.
  await keepDeadLetter(services, "corrections", { failure_id: erased[0] }, `The server said: ${WORD}`);
  await env.DB.batch(
    [
      `insert or replace into correction_gate (id, code, reason, failures) values (1, 'x', 'No: ${WORD}', 1)`,
      `update fine_tune_comparisons set error = 'No: ${WORD}'`,
      `update judge_controls set error = 'No: ${WORD}'`,
      `update fine_tunes set events = '[{"at":1,"level":"info","message":"Line 3: ${WORD}"}]' where id = '${running.id}'`,
    ].map((statement) => env.DB.prepare(statement)),
  );
  return { tuned };
}
