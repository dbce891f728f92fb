import { RedraftError } from "../../lib/errors.ts";
import type { Services } from "../../services.ts";
import { touchClusters } from "../context/read-context.ts";
import { isServed } from "../context/served-lessons.ts";
import { clusterOfTopic } from "../topics/topics.ts";
import { changeLessons, currentLessons } from "./change-lessons.ts";
import { type LessonChange, NO_BACKING } from "./plan-changes.ts";
import type { GuidanceInput } from "./schemas.ts";

type Editing = Pick<Services, "db" | "clusters" | "clock" | "newId" | "config">;

/**
 * Sets a cluster's lessons as a person wants them: of those that are served, those left out are retired, those changed
 * replace what they were. A lesson that waits is approved by naming it, and otherwise goes on waiting.
 * Their test starts again, because other guidance was tested until now.
 * @returns the cluster's id and the new version
 * @throws RedraftError `not_found`, or `conflict` when the lessons changed since the version that was read
 */
export async function editGuidance(
  services: Editing,
  topic: string,
  input: GuidanceInput,
  actor: string,
): Promise<{ id: string; version: number }> {
  const { db, clock, config } = services;
  const cluster = await clusterOfTopic(db, topic);
  if (cluster.guidanceVersion !== input.version) throw changedMeanwhile(cluster.guidanceVersion);
  const left = new Map((await currentLessons(db, cluster.id)).map((lesson) => [lesson.id, lesson]));
  const changes = input.lessons.flatMap(({ id, failure_category, text, pinned }): LessonChange[] => {
    const lesson = id ? left.get(id) : undefined;
    if (id && lesson === undefined) throw changedMeanwhile(cluster.guidanceVersion);
    const category = failure_category ?? null;
    if (lesson === undefined) return [{ op: "add", failure_category: category, text, pinned, ...NO_BACKING }];
    left.delete(lesson.id);
    const same = lesson.text === text && lesson.pinned === pinned && lesson.failureCategory === category;
    if (!same) return [{ op: "sharpen", lesson, failure_category: category, text, pinned, ...NO_BACKING }];
    return isServed(lesson, config.LESSONS_NEED_APPROVAL) ? [] : [{ op: "approve", lesson, approvedBy: actor }];
  });
  const leftOut = [...left.values()].filter((lesson) => isServed(lesson, config.LESSONS_NEED_APPROVAL));
  changes.unshift(...leftOut.map((lesson): LessonChange => ({ op: "retire", lesson })));
  const version = await changeLessons(services, cluster, changes, "person", {
    set: { testedSince: clock(), switchedOff: false },
  });
  if (version === null) throw changedMeanwhile(null);
  await touchClusters(services, [{ clusterId: cluster.id }]);
  return { id: cluster.id, version };
}

function changedMeanwhile(version: number | null): RedraftError {
  const now = version === null ? "" : `; it is version ${version} now`;
  return new RedraftError("conflict", `The guidance has changed since you read it${now}. Read it again.`, [
    { pointer: "/version", detail: "must be guidance_version of GET /v1/clusters/{topic}" },
  ]);
}
