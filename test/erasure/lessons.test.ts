import { env } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { changeLessons, currentLessons } from "../../src/clusters/lessons/change-lessons.ts";
import { clusters } from "../../src/db/schema/clusters.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure } from "../support/world.ts";
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
    expect(await world.json("GET", path)).toMatchObject({ guidance: [], guidance_version: 2 });
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
      const change = { op: "add", lesson: null, failure_category: "tone", text: "Say when.", failures: ["F1", "F3"] };
      return JSON.stringify({ changes: [change] });
    });
    await world.call("DELETE", `/v1/failures/${ids[0]}`);
    expect(await lessonsWith(secret)).toBe(0);
    expect((await world.json("GET", path)).guidance).toEqual([]);
    // One failure is left of those it came from: too few for a model call, until two more come in.
    world.now += 600_000;
    await world.sweep();
    await world.deliver();
    expect(told).toEqual([]);
    const later = await world.correctAll(...[4, 5].map((n) => aFailure({ topic, original_prompt: `Message ${n}` })));
    await world.sweep();
    await world.deliver();
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(`Message 2 ${topic}`);
    expect(told[0]).not.toContain(`Message 1 ${topic}`);
    const [lesson] = (await world.json("GET", path)).guidance;
    expect(lesson).toMatchObject({ text: "Say when.", evidence: [ids[1], later[1]] });
    // Read once more, and not again.
    const [cluster] = await world.services.db.select().from(clusters).where(eq(clusters.id, id));
    expect(cluster).toMatchObject({ unread: [], distilledTo: later[1] });
  });

  it("takes the lesson that took the place of one learned from the failure, whatever that was sharpened by", async () => {
    const { world, ids, id, secret } = await taught(["F1"]);
    const { db } = world.services;
    const [lesson] = await currentLessons(db, id);
    if (lesson === undefined) throw new Error("no lesson");
    const sharper = { op: "sharpen" as const, lesson, text: `Always ask ${secret}.`, evidence: [ids[1] ?? ""] };
    expect(await changeLessons(world.services, { id, guidanceVersion: 1 }, [sharper], "model")).toBe(2);
    // As after more evidence than a lesson keeps.
    await env.DB.prepare("update lessons set evidence = ? where retired_at is null and cluster_id = ?")
      .bind(JSON.stringify([ids[1]]), id)
      .run();
    const { removed } = await world.json("DELETE", `/v1/failures/${ids[0]}`);
    expect(removed).toMatchObject({ lessons: 2, improvements: 1, prompts: 1, reviews: 0 });
    expect(await lessonsWith(secret)).toBe(0);
  });

  it("takes the model's words that a person only pinned, from the history too, and leaves the person's own", async () => {
    const pinned = await taught(["F1"]);
    const [lesson] = (await pinned.world.json("GET", pinned.path)).guidance;
    const put = (path: string, given: object) => pinned.world.json("PUT", `${path}/guidance`, { version: 1, ...given });
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

  it("is not undone by lessons that were being learned from the failure meanwhile", async () => {
    const { world, ids, id, secret } = await taught(["F1"]);
    await world.call("DELETE", `/v1/failures/${ids[2]}`);
    const added = { op: "add" as const, failure_category: null, text: `Late: ${secret}`, evidence: [ids[1] ?? ""] };
    const cluster = { id, guidanceVersion: 1 };
    const learn = (learnedFrom: string[]) => changeLessons(world.services, cluster, [added], "model", { learnedFrom });
    expect(await learn([ids[1] ?? "", ids[2] ?? ""])).toBeNull();
    expect(await lessonsWith(`Late: ${secret}`)).toBe(0);
    expect(await learn([ids[1] ?? ""])).toBe(2);
  });
});
