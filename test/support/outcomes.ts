import { findCluster } from "../../src/clusters/topics/topics.ts";
import { newPromptId, type PromptMark } from "../../src/experiments/prompt-id.ts";
import { recordOutcomes } from "../../src/experiments/record-outcomes.ts";
import type { World } from "./world.ts";

type Given = Partial<PromptMark> & { failed?: boolean };

/** Outcomes of prompts of a topic's cluster as they were served: each of a conversation of its own, unless it is given. */
export async function sendOutcomes(world: World, topic: string, given: Given[]): Promise<string[]> {
  const cluster = (await findCluster(world.services.db, topic))?.number ?? 0;
  const sent = given.map(({ failed = true, ...mark }) => ({
    prompt_id: aPromptId({ cluster, ...mark }, world.now),
    failed,
  }));
  await recordOutcomes(world.services, sent);
  return sent.map(({ prompt_id }) => prompt_id);
}

let made = 0;

/** The id of a prompt as it was served at a time, of a conversation of its own, unless it is given. */
export function aPromptId(given: Partial<PromptMark>, at: number): string {
  made += 1;
  const mark = { arm: "guided" as const, cluster: 0, lessons: 0, conversation: made, isToldApart: true };
  return newPromptId({ ...mark, plainShare: 0.1, lessonShare: 0, ...given }, { clock: () => at });
}

/** Failures of so many conversations, of which so many were held out. */
export function failures(guided: number, plain: number, mark: Given = {}): Given[] {
  const of = (count: number, arm: "guided" | "holdout") => Array.from({ length: count }, () => ({ arm, ...mark }));
  return [...of(guided, "guided"), ...of(plain, "holdout")];
}
