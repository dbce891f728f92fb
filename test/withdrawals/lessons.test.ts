import { beforeEach, describe, expect, it } from "vitest";
import { changeLessons } from "../../src/clusters/lessons/change-lessons.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld, type World } from "../support/world.ts";
import { clearAll, correct, importBatch, learn, MARK, newExport, withdraw } from "./poison.ts";

beforeEach(clearAll);

/** @param lessons what is learned from failures, given as they are told to the model */
function aWorld(lessons: (told: string) => object[] = () => []): World {
  const model = modelThat(({ isRating, section, request }) => {
    if (isRating) return rating(section("reply_to_rate").startsWith(REWRITE) ? 90 : 30);
    if (request.answer?.name === "lesson_changes") return JSON.stringify({ changes: lessons(section("new_failures")) });
    return REWRITE;
  });
  return createWorld({ model, vars: { HOLDOUT_FRACTION: "0" } });
}

const WORDS = ["parcel lost in snow", "card was charged double", "voucher code not accepted", "shoes arrived wrong"];

const batch = (topic: string, words: string[]) =>
  words.map((original_prompt) =>
    aFailure({ topic, original_prompt, failure_explanation: `It passes over: ${original_prompt}` }),
  );

// A cluster's object outlives a test, so each has its own cluster.
const aTopic = () => `t${crypto.randomUUID().slice(0, 8)}`;

/** Imports each batch, and gives their cluster one lesson learned from all of them. @returns the imports' ids */
async function taughtBy(world: World, topic: string, ...batches: string[][]): Promise<string[]> {
  const imports = [];
  for (const words of batches) imports.push(await importBatch(world, batch(topic, words)));
  await correct(world);
  const { data } = await world.json("GET", `/v1/failures?topic=${topic}`);
  const ids = data.map((one: { id: string }) => one.id).toSorted();
  const id = (await findCluster(world.services.db, topic))?.id ?? "";
  const lesson = { text: `Always say ${MARK}.`, failure_category: null, evidence: ids, witnesses: ids, heard: ids };
  await changeLessons(world.services, { id, guidanceVersion: 0 }, [{ op: "add", ...lesson }], "model");
  return imports;
}

async function undo(world: World, id: string): Promise<void> {
  await world.json("POST", `/v1/withdrawals/${id}/undo`);
  await world.deliver();
}

/** The texts of the lessons that a cluster serves, and of those that wait. */
async function lessonsOf(world: World, topic: string) {
  const { guidance, waiting } = await world.json("GET", `/v1/clusters/${topic}`);
  const texts = (list: { text: string }[]) => list.map(({ text }) => text);
  // An explanation that serves as it is has no id.
  return { served: texts(guidance.filter(({ id }: { id: string | null }) => id !== null)), waiting: texts(waiting) };
}

/** Only what a withdrawal itself does may rebuild contexts: lets what was asked for before be over. */
const settled = () => new Promise((over) => setTimeout(over, 2_600));

async function served(world: World, topic: string): Promise<string> {
  world.now += 30_000;
  const ask = async () => JSON.stringify(await world.json("POST", "/v1/prompts", { customer_message: "Hi", topic }));
  // The first makes the Worker read the context anew.
  await ask();
  await new Promise((read) => setTimeout(read, 200));
  return ask();
}

describe("a withdrawal", { timeout: 30_000 }, () => {
  it("leaves no lesson served or exported in a cluster that its failures had left before", async () => {
    const world = aWorld();
    const topic = aTopic();
    const [bad = ""] = await taughtBy(world, topic, WORDS.slice(0, 1), WORDS.slice(1, 3));
    const { data } = await world.json("GET", `/v1/failures?import_id=${bad}`);
    await world.json("POST", `/v1/clusters/${topic}/split`, { into: aTopic(), failure_ids: [data[0].id] });
    await settled();
    expect(await served(world, topic)).toContain(MARK);
    const held = await newExport(world, { system: "guided" });
    expect(held.text).toContain(MARK);
    const id = await withdraw(world, { import_id: bad });
    expect(await served(world, topic)).not.toContain(MARK);
    expect((await newExport(world, { system: "guided" })).text).not.toContain(MARK);
    expect((await world.call("GET", `/v1/exports/${held.id}/training_data.jsonl`)).status).toBe(409);
    await undo(world, id);
    expect(await served(world, topic)).toContain(MARK);
  });

  it.each([
    ["first", [0, 1]],
    ["last", [1, 0]],
  ])(
    "brings no lesson back while another withdrawal holds its evidence, and it with the last undo: made %s",
    async (_, order) => {
      const world = aWorld();
      const topic = aTopic();
      const made: string[] = [];
      for (const import_id of await taughtBy(world, topic, WORDS.slice(0, 1), WORDS.slice(1, 2)))
        made.push(await withdraw(world, { import_id }));
      for (const at of order) {
        expect((await lessonsOf(world, topic)).served).toEqual([]);
        await undo(world, made[at] ?? "");
      }
      expect((await lessonsOf(world, topic)).served).toEqual([`Always say ${MARK}.`]);
    },
  );

  it("is undone also where two of its lessons want the same place", async () => {
    const world = aWorld(() => [
      { op: "add", lesson: null, failure_category: null, text: "Name the day.", failures: ["F1"] },
    ]);
    const topic = aTopic();
    const imports = await taughtBy(world, topic, WORDS.slice(0, 1), WORDS.slice(1));
    const first = await withdraw(world, { import_id: imports[0] });
    await learn(world, topic);
    expect((await lessonsOf(world, topic)).served).toEqual(["Name the day."]);
    const second = await withdraw(world, { import_id: imports[1] });
    await undo(world, first);
    await undo(world, second);
    expect(await world.json("GET", `/v1/withdrawals/${second}`)).toMatchObject({ status: "undone" });
    expect((await lessonsOf(world, topic)).served).toEqual(["Name the day."]);
  });

  it("loses none of its failures to learning when it is undone after others were read", async () => {
    const told: string[] = [];
    const world = aWorld((text) => {
      told.push(text);
      return [];
    });
    const topic = aTopic();
    const early = await importBatch(world, batch(topic, WORDS.slice(0, 1)));
    await importBatch(world, batch(topic, WORDS.slice(1)));
    await correct(world);
    const id = await withdraw(world, { import_id: early });
    await learn(world, topic);
    expect(told.length).toBeGreaterThan(0);
    await undo(world, id);
    expect(told.join()).not.toContain(WORDS[0]);
    await importBatch(world, batch(topic, ["blue hat is torn", "lamp does not light"]));
    await correct(world);
    await learn(world, topic);
    expect(told.join()).toContain(WORDS[0]);
  });

  it("gives a lesson back over one with the same text that only waits", async () => {
    const lesson = {
      op: "add",
      lesson: null,
      failure_category: null,
      text: "Name the day.",
      failures: ["F1", "F2", "F3"],
    };
    let calls = 0;
    // Two parts bear it out at first, and one of the two afterwards.
    const world = aWorld(() => (calls++ === 3 ? [] : [lesson]));
    const topic = aTopic();
    const early = await importBatch(world, batch(topic, WORDS.slice(0, 1)));
    await importBatch(world, batch(topic, [...WORDS.slice(1), "fridge makes noises"]));
    await correct(world);
    await learn(world, topic);
    const served = { served: ["Name the day."], waiting: [] };
    expect(await lessonsOf(world, topic)).toEqual(served);
    const id = await withdraw(world, { import_id: early });
    await learn(world, topic);
    expect(await lessonsOf(world, topic)).toEqual({ served: [], waiting: ["Name the day."] });
    await undo(world, id);
    expect(await lessonsOf(world, topic)).toEqual(served);
  });

  it("does not stay unserved after its undo in the cluster that its own was merged into meanwhile", async () => {
    const world = aWorld();
    const [topic, into] = [aTopic(), aTopic()];
    const bad = await importBatch(world, batch(topic, [`${MARK} hat`, `${MARK} tin`]));
    await importBatch(world, batch(into, WORDS.slice(0, 1)));
    await correct(world);
    const id = await withdraw(world, { import_id: bad });
    await world.json("POST", `/v1/clusters/${topic}/merge`, { into });
    await world.deliver();
    await settled();
    expect(await served(world, into)).not.toContain(MARK);
    await undo(world, id);
    expect(await served(world, into)).toContain(MARK);
  });
});
