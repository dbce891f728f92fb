import { and, count, desc, eq, gte, isNotNull, isNull, ne, type SQL, sql } from "drizzle-orm";
import type { Db } from "../../db/client.ts";
import { clusters, lessons } from "../../db/schema/clusters.ts";
import { failedReplies, NOT_WITHDRAWN, prompts } from "../../db/schema/failures.ts";
import { improvements } from "../../db/schema/improvements.ts";
import { recordWithoutPersonalData } from "../../guards/without-personal-data.ts";
import { excerpt } from "../../lib/text.ts";
import { EXAMPLE_MESSAGE_CHARACTERS, EXAMPLE_REPLY_CHARACTERS } from "./budgets.ts";
import { chooseLessons } from "./choose-lessons.ts";
import {
  type CategoryShare,
  type Context,
  categoryShares,
  type Example,
  type Lesson,
  lessonOf,
  type OwnLesson,
  type Scope,
  sharedCategories,
} from "./context.ts";
import { explanationOf, selectExplanations } from "./explanations.ts";
import { openingOf } from "./opening.ts";
import { isDecided, isServed } from "./served-lessons.ts";
import { lessonsByCategory, sharedLessons } from "./shared-lessons.ts";

const MOST_EXAMPLES = 5;

const lessonColumns = {
  id: lessons.id,
  slot: lessons.slot,
  failure_category: lessons.failureCategory,
  text: lessons.text,
  pinned: lessons.pinned,
  source: lessons.source,
  approvedBy: lessons.approvedBy,
  witnesses: lessons.witnesses,
};

/** What the settings say of what is served. */
export interface ServingRule {
  /** An example must have gained at least this much. */
  minGain: number;
  needApproval: boolean;
}

/**
 * Builds the context of a scope from what is stored.
 * @param overall the failure categories of all failures, for the lift; left out for the scope "all" itself
 */
export async function buildContext(
  db: Db,
  scope: Scope,
  overall: CategoryShare[] | null,
  { minGain, needApproval }: ServingRule,
): Promise<Omit<Context, "version" | "built_at">> {
  const failuresIn = inScope(scope, failedReplies.clusterId, failedReplies.failureCategory);
  // Of these, one that is withdrawn could only be among all.
  const countedIn = failuresIn ?? NOT_WITHDRAWN;
  const improvementsIn = and(
    eq(improvements.isCurrent, true),
    inScope(scope, improvements.clusterId, improvements.failureCategory),
  );
  const clusterId = scope !== "all" && "cluster_id" in scope ? scope.cluster_id : "";
  const [own, current, totals, categories, explained, examples] = await db.batch([
    db.select().from(clusters).where(eq(clusters.id, clusterId)),
    db
      .select(lessonColumns)
      .from(lessons)
      .where(and(eq(lessons.clusterId, clusterId), isNull(lessons.retiredAt)))
      .orderBy(desc(lessons.pinned), lessons.slot),
    db.select({ count: count() }).from(failedReplies).where(countedIn),
    db
      .select({ failure_category: sql<string>`${failedReplies.failureCategory}`.as("category"), count: count() })
      .from(failedReplies)
      .where(and(failuresIn, isNotNull(failedReplies.failureCategory)))
      .groupBy(failedReplies.failureCategory),
    selectExplanations(db, clusterId === "" ? and(countedIn, IN_FORCE) : countedIn),
    db
      .select({
        customer_message: prompts.originalPrompt,
        reply: improvements.correctedReply,
        score_gain_estimate: sql<number>`${improvements.scoreGainEstimate}`.as("gain"),
        knownNames: improvements.knownNames,
      })
      .from(improvements)
      .innerJoin(prompts, eq(prompts.id, improvements.promptId))
      .where(and(improvementsIn, gte(improvements.rank, minGain), ne(improvements.reviewStatus, "rejected")))
      .orderBy(desc(improvements.rank), desc(improvements.seq))
      .limit(MOST_EXAMPLES),
  ]);
  const shares = categoryShares(categories, overall ?? categories);
  const [cluster] = own;
  const served = current.filter((lesson) => isServed(lesson, needApproval));
  const decided = cluster !== undefined && isDecided(cluster, served);
  const ownLessons = decided ? served.map(toLesson) : chooseLessons(explained.map(explanationOf), shares);
  const everyLesson = scope === "all" ? await readServedLessons(db, needApproval) : [];
  const facts = {
    topic: cluster?.topic ?? null,
    failures: totals[0]?.count ?? 0,
    failure_categories: shares,
    lessons: scope === "all" ? sharedLessons(everyLesson) : ownLessons,
  };
  return {
    ...facts,
    number: cluster?.number ?? 0,
    guidance_version: cluster?.guidanceVersion ?? 0,
    merged_into: cluster?.mergedInto ?? null,
    opening: openingOf(facts, null),
    examples: examples.map(exampleOf),
    tested: { switched_off: cluster?.switchedOff ?? false },
    shared: scope === "all" ? await readShared(db) : [],
    by_category: lessonsByCategory(everyLesson),
  };
}

type Served = Omit<Lesson, "words"> & { id: string };

function toLesson({ id, slot, failure_category, text, pinned }: Served): Lesson {
  return lessonOf({ id, slot, failure_category, text, pinned });
}

// Everything in a context goes into other customers' prompts, so it loses personal data before it is kept.
type Named = Pick<typeof improvements.$inferSelect, "knownNames">;

function exampleOf({ knownNames, ...example }: Example & Named): Example {
  const { record } = recordWithoutPersonalData(example, ["customer_message", "reply"], knownNames);
  return {
    ...record,
    customer_message: excerpt(record.customer_message, EXAMPLE_MESSAGE_CHARACTERS),
    reply: excerpt(record.reply, EXAMPLE_REPLY_CHARACTERS),
  };
}

/** SQL: not of a cluster whose guidance does harm. */
const IN_FORCE = sql`not exists (select 1 from ${clusters} c where c.id = ${failedReplies.clusterId} and c.switched_off = 1)`;

/** Each is compared with each: pinned ones, then the newest. */
const MOST_COMPARED = 600;

/** Without those of clusters whose guidance does harm: they would come back through the prompts of all clusters. */
async function readServedLessons(db: Db, needApproval: boolean): Promise<OwnLesson[]> {
  const current = await db
    .select({ ...lessonColumns, cluster_id: lessons.clusterId })
    .from(lessons)
    .innerJoin(clusters, eq(clusters.id, lessons.clusterId))
    .where(and(isNull(lessons.retiredAt), isNotNull(lessons.slot), eq(clusters.switchedOff, false)))
    .orderBy(desc(lessons.pinned), desc(lessons.id))
    .limit(MOST_COMPARED);
  return current.filter((lesson) => isServed(lesson, needApproval));
}

async function readShared(db: Db): Promise<string[]> {
  return sharedCategories(
    await db
      .select({
        cluster_id: sql<string>`${failedReplies.clusterId}`.as("cluster"),
        failure_category: sql<string>`${failedReplies.failureCategory}`.as("category"),
        count: count(),
      })
      .from(failedReplies)
      .where(and(isNotNull(failedReplies.clusterId), isNotNull(failedReplies.failureCategory)))
      .groupBy(failedReplies.clusterId, failedReplies.failureCategory),
  );
}

function inScope(
  scope: Scope,
  cluster: typeof failedReplies.clusterId | typeof improvements.clusterId,
  category: typeof failedReplies.failureCategory | typeof improvements.failureCategory,
): SQL | undefined {
  if (scope === "all") return undefined;
  return "cluster_id" in scope ? eq(cluster, scope.cluster_id) : eq(category, scope.failure_category);
}
