import { count, desc, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { clusters } from "../db/schema/clusters.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { PLACEHOLDER } from "../guards/personal-data/kinds.ts";
import { textWithoutPersonalData } from "../guards/without-personal-data.ts";
import { MAX_INPUT_CHARS } from "./features.ts";
import { MAX_TOPICS } from "./router-model.ts";
import { MAX_EXAMPLES, MAX_EXAMPLES_PER_TOPIC, type RouterExample } from "./training-set.ts";

const CLUSTERS_AT_ONCE = 10;

/** What is read beyond what is learned, so that personal data is not cut in two and then overlooked. */
const MARGIN = 300;
const READ_CHARACTERS = MAX_INPUT_CHARS + MARGIN;

/**
 * The newest prompts of each cluster, so that a busy topic does not crowd out a rare one.
 * @returns the examples, and the cluster of each topic
 */
export async function readExamples(db: Db): Promise<{ examples: RouterExample[]; clustersOf: Record<string, string> }> {
  const failures = count();
  const found = await db
    .select({ id: clusters.id, topic: clusters.topic, failures: failures.as("failures") })
    .from(failedReplies)
    .innerJoin(clusters, eq(clusters.id, failedReplies.clusterId))
    .where(isNull(clusters.mergedInto))
    .groupBy(failedReplies.clusterId)
    .orderBy(desc(failures))
    .limit(MAX_TOPICS);
  // The largest clusters share what the training takes; twice as much is read, because repeats count once.
  const each = Math.min(MAX_EXAMPLES_PER_TOPIC, Math.ceil((2 * MAX_EXAMPLES) / Math.max(1, found.length)));
  const examples: RouterExample[] = [];
  for (let i = 0; i < found.length; i += CLUSTERS_AT_ONCE) {
    const some = found.slice(i, i + CLUSTERS_AT_ONCE);
    const [first, ...others] = some.map(({ id }) =>
      db
        .select({
          text: sql<string>`substr(${prompts.originalPrompt}, 1, ${READ_CHARACTERS})`.as("text"),
          knownNames: failedReplies.knownNames,
        })
        .from(failedReplies)
        .innerJoin(prompts, eq(prompts.id, failedReplies.promptId))
        .where(eq(failedReplies.clusterId, id))
        .orderBy(desc(failedReplies.id))
        .limit(each),
    );
    if (first === undefined) break;
    const read = await db.batch([first, ...others]);
    read.forEach((rows, at) => {
      const topic = some[at]?.topic ?? "";
      for (const { text, knownNames } of rows) examples.push({ text: learnable(text, knownNames), topic });
    });
  }
  return { examples, clustersOf: Object.fromEntries(found.map(({ id, topic }) => [topic, id])) };
}

/**
 * A message as the router may learn it. Personal data is left out, placeholders too: no later message holds them, and
 * weights of a rare address would tell that it was here.
 */
function learnable(text: string, names: string[] | null): string {
  const learned = textWithoutPersonalData(text, names).replace(PLACEHOLDER, " ");
  // What stands at the very end may be half a value.
  return text.length < READ_CHARACTERS ? learned : learned.slice(0, -MARGIN);
}
