import { LESSON_SLOTS } from "../../experiments/prompt-id.ts";
import { RedraftError } from "../../lib/errors.ts";
import type { Services } from "../../services.ts";
import { touchClusters } from "../context/read-context.ts";
import { isServed } from "../context/served-lessons.ts";
import { clusterOfTopic } from "../topics/topics.ts";
import { changeLessons, currentLessons } from "./change-lessons.ts";
import { type LessonChange, planChanges } from "./plan-changes.ts";

/**
 * A person's word on a lesson that waits: approved it is served, under an id of its own, because its outcomes count
 * from now; rejected it is retired.
 * @throws RedraftError `not_found` when no such lesson waits; `conflict` when the lessons changed meanwhile, or when
 *   there is no place for one more
 */
export async function reviewLesson(
  services: Pick<Services, "db" | "clusters" | "clock" | "newId" | "config">,
  topic: string,
  lessonId: string,
  decision: "approve" | "reject",
  actor: string,
): Promise<void> {
  const { db, config } = services;
  const cluster = await clusterOfTopic(db, topic);
  const current = await currentLessons(db, cluster.id);
  const lesson = current.find(({ id }) => id === lessonId);
  if (lesson === undefined || isServed(lesson, config.LESSONS_NEED_APPROVAL))
    throw new RedraftError("not_found", "No such lesson waits here.");
  const change: LessonChange =
    decision === "approve" ? { op: "approve", lesson, approvedBy: actor } : { op: "retire", lesson };
  if (
    decision === "approve" &&
    planChanges(current, [change], "person", config.LESSONS_NEED_APPROVAL).added.length === 0
  )
    throw new RedraftError("conflict", `${LESSON_SLOTS} lessons are served here. Retire one first.`);
  const version = await changeLessons(services, cluster, [change], "person");
  if (version === null) throw new RedraftError("conflict", "The lessons have changed meanwhile. Read them again.");
  await touchClusters(services, [{ clusterId: cluster.id }]);
}
