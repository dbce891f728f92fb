import type { AppContext } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import type { GuidanceInput } from "./lessons/schemas.ts";
import { clusterOfTopic } from "./topics/topics.ts";

/**
 * For the audit log: which cluster it is, before a change leads the topic to another.
 * @throws RedraftError `not_found`
 */
export async function noteCluster(c: AppContext, topic: string): Promise<void> {
  note(c, { subject: (await clusterOfTopic(c.var.services.db, topic)).id });
}

/** For the audit log: the version that was read, the one that was made of it, and how many lessons it has. */
export function noteGuidance(c: AppContext, given: GuidanceInput, { id, version }: { id: string; version: number }) {
  const after = { version, lessons: given.lessons.length };
  note(c, { subject: id, before: { version: given.version }, after });
}
