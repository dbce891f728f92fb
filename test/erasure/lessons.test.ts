import { env } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { changeLessons, currentLessons } from "../../src/clusters/lessons/change-lessons.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { clusters } from "../../src/db/schema/clusters.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, askAndRun, createWorld } from "../support/world.ts";
import { lessonsWith, taught } from "./taught.ts";

describe("an erasure, of what lessons were learned from,", () => {
  it("takes the lesson learned from the failure alone out of tables, contexts and prompts", async () => {
    const { world, topic, ids, id, path, secret, stub } = await taught(["F1"]);
    const ask = () => world.json("POST", "/v1/prompts", { customer_message: "Hi", topic });
    expect((await ask()).messages[0].content).toContain(secret);
    const before = await world.json("GET", path);
    await world.call("DELETE", `/v1/failures/${ids[0]}`);
    expect(await lessonsWith(secret)).toBe(0);
    expect(JSON.stringify(await stub.read({ cluster_id: id }))).not.toContain(secret);
    const after = await world.json("GET", path);
    expect(after).toMatchObject({ waiting: [], guidance_version: before.guidance_version + 1 });
    expect(JSON.stringify(after)).not.toContain(secret);
    // Even an isolate that was idle does not answer with its old copy.
    world.now += 3_600_000;
    expect(JSON.stringify(await ask())).not.toContain(secret);
    const late = { version: before.guidance_version, lessons: [] };
    expect((await world.call("PUT", `${path}/guidance`, late)).status).toBe(409);
  });

  it("takes a lesson that others taught as well, and has it learned once more from those", async () => {
    const { world, topic, ids, id, path, secret } = await taught(["F1", "F2"]);
    const told: string[] = [];
    world.services.model = modelThat(({ isRating, section, request }) => {
      if (isRating) return rating(90);
      if (!request.answer) return REWRITE;
      told.push(section("new_failures"));
      const change = { op: "add", lesson: null, failure_category: "tone", text: "Say when.", failures: ["F1", "F2"] };
      return JSON.stringify({ changes: [change] });
    });
    await world.call("DELETE", `/v1/failures/${ids[0]}`);
    expect(await lessonsWith(secret)).toBe(0);
    expect(JSON.stringify(await world.json("GET", path))).not.toContain(secret);
    // One failure is left of those it came from: too few for a model call, until two more come in.
    world.now += 600_000;
    await world.sweep();
    await world.deliver();
    expect(told).toEqual([]);
    const later = await world.correctAll(...[4, 5].map((n) => aFailure({ topic, original_prompt: `Message ${n}` })));
    await world.sweep();
    await world.deliver();
    // What is read once more and the second of the new ones; then the first of these.
    expect(told).toHaveLength(2);
    expect(told[0]).toContain(`Message 3 ${topic}`);
    expect(told.join()).not.toContain(`Message 1 ${topic}`);
    const [lesson] = (await world.json("GET", path)).guidance;
    expect(lesson).toMatchObject({ text: "Say when.", evidence: [ids[2], later[1], later[0]] });
    // Read once more, and not again.
    const [cluster] = await world.services.db.select().from(clusters).where(eq(clusters.id, id));
    expect(cluster).toMatchObject({ unread: [], distilledTo: later[1] });
  });

  it("takes the lesson that took the place of one learned from the failure, whatever that was sharpened by", async () => {
    const { world, ids, id, secret } = await taught(["F1"]);
    const { db } = world.services;
    const [lesson] = await currentLessons(db, id);
    if (lesson === undefined) throw new Error("no lesson");
    const backing = { evidence: [ids[1] ?? ""], witnesses: [], heard: [] };
    const sharper = { op: "sharpen" as const, lesson, text: `Always ask ${secret}.`, ...backing };
    expect(await changeLessons(world.services, { id, guidanceVersion: 2 }, [sharper], "model")).toBe(3);
    // As after more evidence than a lesson keeps.
    await env.DB.prepare("update lessons set evidence = ? where replaces = ?")
      .bind(JSON.stringify([ids[1]]), lesson.id)
      .run();
    const { removed } = await world.json("DELETE", `/v1/failures/${ids[0]}`);
    expect(removed).toMatchObject({ lessons: 3, improvements: 1, prompts: 1, reviews: 0 });
    expect(await lessonsWith(secret)).toBe(0);
  });

  it("takes the model's words that a person only pinned, from the history too, and leaves the person's own", async () => {
    const pinned = await taught(["F1"]);
    const [lesson] = (await pinned.world.json("GET", pinned.path)).guidance;
    const put = (path: string, given: object) => pinned.world.json("PUT", `${path}/guidance`, { version: 2, ...given });
    await put(pinned.path, { lessons: [{ id: lesson.id, text: lesson.text, pinned: true }] });
    await pinned.world.call("DELETE", `/v1/failures/${lesson.evidence[0]}`);
    expect(await lessonsWith(pinned.secret)).toBe(0);

    const own = await taught(["F1"]);
    const [first] = (await own.world.json("GET", own.path)).guidance;
    await put(own.path, { lessons: [{ id: first.id, text: "Ask what is missing.", pinned: true }] });
    await own.world.call("DELETE", `/v1/failures/${first.evidence[0]}`);
    expect(await lessonsWith(own.secret)).toBe(0);
    expect((await own.world.json("GET", own.path)).guidance).toMatchObject([{ text: "Ask what is missing." }]);
  });

  it("of which one was only read beside it, leaves the lesson and the failure's id nowhere in it", async () => {
    const { world, ids, id, secret } = await taught(["F1"]);
    const [before] = await currentLessons(world.services.db, id);
    expect(before).toMatchObject({ witnesses: [ids[0]], heard: [ids[0], ids[2]] });
    await world.call("DELETE", `/v1/failures/${ids[2]}`);
    const [lesson] = await currentLessons(world.services.db, id);
    expect(lesson).toMatchObject({ evidence: [ids[0]], witnesses: [ids[0]], heard: [ids[0]] });
    expect(lesson?.text).toContain(secret);
  });

  it("takes one that fewer customers bear out than it takes, and has it learned once more", async () => {
    const { world, topic, ids, id } = await taught([]);
    const backing = { evidence: [ids[0] ?? ""], witnesses: [ids[0] ?? "", ids[2] ?? ""], heard: [...ids] };
    const add = { op: "add" as const, failure_category: null, text: "Name the day.", ...backing };
    expect(await changeLessons(world.services, { id, guidanceVersion: 0 }, [add], "model")).toBe(1);
    const path = `/v1/clusters/${topic}`;
    expect(await world.json("GET", path)).toMatchObject({ waiting: [], guidance: [{ text: "Name the day." }] });
    await world.call("DELETE", `/v1/failures/${ids[2]}`);
    expect(await world.json("GET", path)).toMatchObject({ waiting: [], guidance_version: 2 });
    expect(await lessonsWith("Name the day.")).toBe(0);
    const [cluster] = await world.services.db.select().from(clusters).where(eq(clusters.id, id));
    expect(cluster?.unread).toEqual([ids[0]]);
    world.now += 3_600_000;
    const prompt = await world.json("POST", "/v1/prompts", { customer_message: "Hi", topic });
    expect(JSON.stringify(prompt)).not.toContain("Name the day.");
  });

  it("does not let a customer who was heard before bear a lesson out as another voice", async () => {
    const topic = `erasure-${crypto.randomUUID()}`;
    const text = "Always say zarquon.";
    // What X plants is read beside Y's failure, and the model names that.
    const model = modelThat(({ isRating, section, request }) => {
      if (isRating) return rating(90);
      if (request.answer === undefined) return REWRITE;
      const told = section("new_failures").split(/<failure_(?=\d+>)/);
      const named = Math.max(
        1,
        told.findIndex((one) => one.includes("fridge")),
      );
      const change = { op: "add", lesson: null, failure_category: null, text, failures: [`F${named}`] };
      return JSON.stringify({ changes: told.join().includes("PLANTED") ? [change] : [] });
    });
    const world = createWorld({ model, vars: { HOLDOUT_FRACTION: "0" } });
    const of = (requester_id: string, original_prompt: string) =>
      aFailure({ topic, original_prompt, metadata: { requester_id } });
    const learn = async (...failures: ReturnType<typeof aFailure>[]) => {
      const ids = await world.correctAll(...failures);
      world.now += 3_600_000;
      await askAndRun(world, "distill", (await findCluster(world.services.db, topic))?.id ?? "");
      return ids;
    };
    const [x = "", , y = ""] = await learn(
      of("X", "PLANTED one thing about boats"),
      of("Z", "Cupboard doors hang low"),
      of("Y", "My fridge makes noises"),
    );
    const id = (await findCluster(world.services.db, topic))?.id ?? "";
    expect(await currentLessons(world.services.db, id)).toMatchObject([{ text, evidence: [y], heard: [x, y] }]);
    expect((await world.json("DELETE", `/v1/failures/${x}`)).removed).toMatchObject({ lessons: 1 });
    expect(await currentLessons(world.services.db, id)).toEqual([]);
    const [cluster] = await world.services.db.select().from(clusters).where(eq(clusters.id, id));
    expect(cluster?.unread).toEqual([y]);
    await learn(of("X", "PLANTED red hat"), of("X", "PLANTED blue scarf"), of("X", "PLANTED old boots"));
    const [lesson] = await currentLessons(world.services.db, id);
    expect(lesson).toMatchObject({ text, slot: null });
    expect(lesson?.witnesses).toHaveLength(1);
    world.now += 3_600_000;
    const prompt = await world.json("POST", "/v1/prompts", { customer_message: "Hi", topic });
    expect(JSON.stringify(prompt)).not.toContain("zarquon");
  });

  it("is not undone by lessons that were being learned from the failure meanwhile", async () => {
    const { world, ids, id, secret } = await taught(["F1"]);
    await world.call("DELETE", `/v1/failures/${ids[2]}`);
    const added = { op: "add" as const, failure_category: null, text: `Late: ${secret}` };
    const late = { ...added, evidence: [ids[1] ?? ""], witnesses: [], heard: [] };
    const cluster = { id, guidanceVersion: 2 };
    const learn = (learnedFrom: string[]) => changeLessons(world.services, cluster, [late], "model", { learnedFrom });
    expect(await learn([ids[1] ?? "", ids[2] ?? ""])).toBeNull();
    expect(await lessonsWith(`Late: ${secret}`)).toBe(0);
    expect(await learn([ids[1] ?? ""])).toBe(3);
  });
});
