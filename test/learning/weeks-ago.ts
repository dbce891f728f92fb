import { env } from "cloudflare:test";
import type { FailureInput } from "../../src/failures/schemas.ts";
import type { LearningWeek } from "../../src/learning/schemas.ts";
import { DAY, dayOf, HOUR, toRfc3339, WEEK, weekOf } from "../../src/lib/time.ts";
import { aFailure, type World } from "../support/world.ts";

export const TODAY = Date.now();
/** So many weeks ago, at noon of the week's third day. */
export const ago = (weeks: number) => weekOf(TODAY) - weeks * WEEK + 2 * DAY + 12 * HOUR;

let topics = 0;
export const aTopic = () => `learning_${++topics}`;

export const failed = (topic: string, at: number, given: Partial<FailureInput> = {}) =>
  aFailure({ topic, occurred_at: toRfc3339(at), ...given });

/** A lesson in a person's words, written at a time. @returns its id */
export async function writeLesson(world: World, topic: string, at: number, category = "missing_information") {
  const now = world.now;
  world.now = at;
  const path = `/v1/clusters/${topic}`;
  const { guidance, guidance_version: version } = await world.json("GET", path);
  const kept = guidance.filter(({ id }: { id: string | null }) => id !== null);
  const lessons = [
    ...kept.map(({ id, text, failure_category }: Record<string, string>) => ({ id, text, failure_category })),
    { text: `Say when, in ${topic} (${at}).`, failure_category: category },
  ];
  const edited = await world.json("PUT", `${path}/guidance`, { version, lessons });
  world.now = now;
  return edited.guidance.at(-1).id as string;
}

export async function retireAll(world: World, topic: string, at: number) {
  const now = world.now;
  world.now = at;
  const { guidance_version: version } = await world.json("GET", `/v1/clusters/${topic}`);
  await world.json("PUT", `/v1/clusters/${topic}/guidance`, { version, lessons: [] });
  world.now = now;
}

export const clusterOf = async (topic: string) =>
  (await env.DB.prepare("select id, number from clusters where topic = ?")
    .bind(topic)
    .first<{ id: string; number: number }>()) ?? { id: "", number: 0 };

export async function countPrompts(topic: string | null, at: number, prompts: number) {
  const id = topic === null ? "" : (await clusterOf(topic)).id;
  await env.DB.prepare("insert into prompt_counts values (?, ?, 1, 0.1, ?, 0)").bind(dayOf(at), id, prompts).run();
}

export const learning = (world: World, topic?: string, since = ago(5)) =>
  world.json("GET", `/v1/learning?since=${toRfc3339(since)}${topic === undefined ? "" : `&topic=${topic}`}`);

/** The week that lies so many weeks ago, of the topic. */
export async function week(world: World, weeks: number, topic?: string): Promise<LearningWeek> {
  return (await learning(world, topic)).weeks[5 - weeks];
}
