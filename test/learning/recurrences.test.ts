import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { lessonsLeftOut } from "../../src/experiments/split.ts";
import type { LearningWeek } from "../../src/learning/schemas.ts";
import { DAY, HOUR, toRfc3339 } from "../../src/lib/time.ts";
import { aPromptId } from "../support/outcomes.ts";
import { aFailure, createWorld } from "../support/world.ts";

import { ago, aTopic, clusterOf, failed, learning, retireAll, TODAY, week, writeLesson } from "./weeks-ago.ts";

describe("recurrences", () => {
  it("are failures of the lesson's own category, after it was made and before it was retired", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(5)));
    await writeLesson(world, topic, ago(4));
    await retireAll(world, topic, ago(2));
    await world.record(
      ...[ago(4) - HOUR, ago(4) + HOUR, ago(3), ago(2) + HOUR].map((at) => failed(topic, at)),
      failed(topic, ago(3), { failure_category: "tone" }),
      failed(topic, ago(3), { failure_category: null }),
    );
    const { weeks, recurring } = await learning(world, topic);
    expect(weeks.map(({ recurrences }: LearningWeek) => recurrences)).toEqual([0, 1, 1, 0, 0, 0]);
    expect(recurring).toEqual([]);
    expect((await learning(world)).recurring).toContainEqual({ topic, recurrences: 2, recurrences_without_lesson: 0 });
  });

  it("count once, whatever number of lessons should have prevented them", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(5)));
    await writeLesson(world, topic, ago(4));
    await writeLesson(world, topic, ago(4) + HOUR);
    await world.record(failed(topic, ago(3)));
    expect((await week(world, 3, topic)).recurrences).toBe(1);
  });

  it("are none of lessons that wait, nor of other clusters' lessons", async () => {
    const world = createWorld();
    const [topic, other] = [aTopic(), aTopic()];
    await world.record(failed(topic, ago(5)), failed(other, ago(5)));
    const waiting = await writeLesson(world, topic, ago(4));
    await env.DB.prepare("update lessons set slot = null, source = 'model' where id = ?").bind(waiting).run();
    await world.record(failed(topic, ago(3)), failed(other, ago(3)));
    expect((await week(world, 3, topic)).recurrences).toBe(0);
    expect((await week(world, 3, other)).recurrences).toBe(0);
  });

  it("are none of a lesson that the setting holds back", async () => {
    const strict = createWorld({ vars: { LESSONS_NEED_APPROVAL: "true" } });
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(5)));
    const id = await writeLesson(world, topic, ago(4));
    await env.DB.prepare("update lessons set source = 'model' where id = ?").bind(id).run();
    await world.record(failed(topic, ago(3)));
    expect((await week(world, 3, topic)).recurrences).toBe(1);
    expect((await week(strict, 3, topic)).recurrences).toBe(0);
    await env.DB.prepare("update lessons set approved_by = 'Ada' where id = ?").bind(id).run();
    expect((await week(strict, 3, topic)).recurrences).toBe(1);
  });

  it("are not made of failures that a merge or a split brought: they met other lessons", async () => {
    const world = createWorld();
    const [from, into, split] = [aTopic(), aTopic(), aTopic()];
    await world.record(failed(into, ago(5)), failed(from, ago(5)), failed(split, ago(5)));
    await writeLesson(world, into, ago(4));
    await world.record(failed(from, ago(3)), failed(into, ago(3)));
    const [moved] = await world.record(failed(split, ago(3)));
    await world.json("POST", `/v1/clusters/${split}/split`, { into, failure_ids: [moved] });
    await world.json("POST", `/v1/clusters/${from}/merge`, { into });
    await world.deliver();
    expect(await week(world, 3, into)).toMatchObject({ failures: 3, recurrences: 1 });
  });

  it("say which prompts are known to have gone out without the lesson", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(5)));
    await writeLesson(world, topic, ago(4));
    const { number: cluster } = await clusterOf(topic);
    const prompt = (arm: "guided" | "holdout", lessons: number) => aPromptId({ arm, cluster, lessons }, ago(3));
    await world.record(
      failed(topic, ago(3)),
      failed(topic, ago(3), { prompt_id: prompt("guided", 1) }),
      failed(topic, ago(3), { prompt_id: prompt("guided", 2) }),
      failed(topic, ago(3), { prompt_id: prompt("holdout", 0).toUpperCase() }),
    );
    expect(await week(world, 3, topic)).toMatchObject({ recurrences: 4, recurrences_without_lesson: 2 });
  });
});

describe("a recurrence's prompt", () => {
  it("of a pinned lesson is not said to have gone out without it where chance would have left another out", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(5)));
    const id = await writeLesson(world, topic, ago(4));
    await env.DB.prepare("update lessons set pinned = 1 where id = ?").bind(id).run();
    const { number: cluster } = await clusterOf(topic);
    const codes = Array.from({ length: 200 }, (_, code) => code);
    const conversation = codes.find((code) => lessonsLeftOut({ code }, cluster, 0.1) & 1) ?? 0;
    const prompt_id = aPromptId({ cluster, lessons: 1, lessonShare: 0.1, conversation }, ago(3));
    await world.record(failed(topic, ago(3), { prompt_id }));
    expect(await week(world, 3, topic)).toMatchObject({ recurrences: 1, recurrences_without_lesson: 0 });
    await env.DB.prepare("update lessons set pinned = 0 where id = ?").bind(id).run();
    expect(await week(world, 3, topic)).toMatchObject({ recurrences: 1, recurrences_without_lesson: 1 });
  });

  it("of another cluster, or with what holds across clusters, is not known to have gone out without the lesson", async () => {
    const world = createWorld();
    const [topic, other] = [aTopic(), aTopic()];
    await world.record(failed(topic, ago(5)), failed(other, ago(5)));
    await writeLesson(world, topic, ago(4));
    const { number: cluster } = await clusterOf(other);
    const prompt = (mark: object) => ({ prompt_id: aPromptId({ cluster, ...mark }, ago(3)) });
    // The other cluster's prompt may bring this one's lessons as well, where the message may belong to either.
    await world.record(
      failed(topic, ago(3), prompt({ arm: "guided", lessons: 2 })),
      failed(topic, ago(3), prompt({ arm: "shared", cluster: 0 })),
      failed(topic, ago(3), prompt({ arm: "plain", cluster: 0 })),
    );
    expect(await week(world, 3, topic)).toMatchObject({ recurrences: 3, recurrences_without_lesson: 1 });
  });
});

describe("releases", () => {
  it("are lessons that prompts get, newest first, one for each change", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, ago(5)));
    await writeLesson(world, topic, ago(4));
    await writeLesson(world, topic, ago(3));
    await retireAll(world, topic, ago(2));
    const { releases } = await learning(world, topic);
    const lessons = releases.filter(({ kind }: { kind: string }) => kind === "lessons");
    expect(lessons).toMatchObject([
      { at: toRfc3339(ago(2)), topic, lessons_added: 0, lessons_retired: 2 },
      { at: toRfc3339(ago(3)), lessons_added: 1, lessons_retired: 0 },
      { at: toRfc3339(ago(4)), lessons_added: 1 },
    ]);
    expect((await learning(world, topic, ago(2))).releases).toHaveLength(1);
  });

  it("name the model of corrections when it changes, and not again for each improvement", async () => {
    const correct = async (model: string, at: number) => {
      const world = createWorld({ vars: { CORRECTION_MODEL: model } });
      world.now = at;
      await world.correctAll(aFailure(), aFailure());
    };
    await correct("first-writer", ago(5));
    await correct("first-writer", ago(4));
    await correct("second-writer", ago(3));
    const { releases } = await learning(createWorld());
    expect(releases.filter(({ kind }: { kind: string }) => kind === "correction_model")).toMatchObject([
      { at: toRfc3339(ago(3)), model: "second-writer", before: "first-writer" },
    ]);
    const later = (await learning(createWorld(), undefined, ago(3))).releases;
    expect(later.filter(({ kind }: { kind: string }) => kind === "correction_model")).toMatchObject([
      { model: "second-writer", before: "first-writer" },
    ]);
  });

  it("name the bot's model, and that it went back to its default", async () => {
    const world = createWorld();
    await env.DB.prepare(
      `insert into fine_tunes (id, export_id, provider, export_sha256, generation, options, status, uploads, model, events, loss, created_at)
       values ('tune', 'e', 'p', 's', 0, '{}', 'succeeded', '{}', 'tuned-1', '[]', '[]', 1)`,
    ).run();
    await env.DB.prepare("update fine_tunes set id = '01900000-0000-7000-8000-000000000001'").run();
    await world.json("PUT", "/v1/bot-model", { fine_tune_id: "01900000-0000-7000-8000-000000000001" });
    world.now += 1;
    await world.json("DELETE", "/v1/bot-model");
    const { releases } = await learning(world);
    expect(releases.filter(({ kind }: { kind: string }) => kind === "bot_model")).toMatchObject([
      { model: null, before: "tuned-1" },
      { model: "tuned-1", before: null },
    ]);
  });
});

describe("a cluster that was quiet and fails again", () => {
  it("is reopened, and says by which lesson that should have been prevented", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, TODAY - 40 * DAY));
    const lesson = await writeLesson(world, topic, TODAY - 30 * DAY);
    expect(await world.json("GET", `/v1/clusters/${topic}`)).toMatchObject({ state: "quiet", reopened: null });
    await world.record(
      ...[3, 2].map((days) => failed(topic, TODAY - days * DAY)),
      failed(topic, TODAY - DAY, { failure_category: "tone" }),
    );
    const reopened = {
      ...{ topic, quiet_since: toRfc3339(TODAY - 40 * DAY), at: toRfc3339(TODAY - 3 * DAY) },
      why: [
        {
          failure_category: "missing_information",
          failures: 2,
          lesson: { id: lesson, text: expect.stringMatching(topic) },
        },
        { failure_category: "tone", failures: 1, lesson: null },
      ],
    };
    expect(await world.json("GET", `/v1/clusters/${topic}`)).toMatchObject({ state: "reopened", reopened });
    expect((await learning(world, topic)).reopened).toEqual([reopened]);
    expect((await learning(world)).reopened).toContainEqual(reopened);
    const page = await (await world.call("GET", `/clusters/${topic}`)).text();
    expect(page).toMatch(/should have been prevented by the lesson <q>Say when/);
  });

  it("does not blame a lesson that came later, or was retired by then", async () => {
    const world = createWorld();
    const topic = aTopic();
    await world.record(failed(topic, TODAY - 40 * DAY), failed(topic, TODAY - 3 * DAY));
    await writeLesson(world, topic, TODAY - 30 * DAY);
    await retireAll(world, topic, TODAY - 20 * DAY);
    await writeLesson(world, topic, TODAY - 2 * DAY);
    expect((await learning(world, topic)).reopened).toMatchObject([{ why: [{ failures: 1, lesson: null }] }]);
  });
});
