import { and, eq, exists, inArray, notExists, type SQL, sql } from "drizzle-orm";
import { clustersTaughtBy, eraseFromLessons, leavingWith } from "../clusters/lessons/erase-lessons.ts";
import { type Db, rowsFromJson, valuesOf } from "../db/client.ts";
import { auditItems, auditLabels } from "../db/schema/audit.ts";
import { correctionDrafts } from "../db/schema/corrections.ts";
import { erasures, type RemovedRows } from "../db/schema/erasure.ts";
import { exportsTable } from "../db/schema/exports.ts";
import { failedReplies, prompts } from "../db/schema/failures.ts";
import { comparisonCases, comparisons } from "../db/schema/fine-tunes.ts";
import { improvements, reviews } from "../db/schema/improvements.ts";
import { deadLetters } from "../db/schema/jobs.ts";
import { judgeControls } from "../db/schema/judge.ts";
import { gate } from "../db/schema/llm.ts";
import { withdrawnFailures } from "../db/schema/withdrawals.ts";
import { beginAgain } from "../exports/begin-again.ts";
import { askFor } from "../jobs/ask-for.ts";
import { countErased } from "../learning/count-erased.ts";
import { sha256Hex } from "../lib/text.ts";
import { MINUTE } from "../lib/time.ts";
import { askToForget } from "../router/request-training.ts";
import type { Services } from "../services.ts";

type Removing = Pick<Services, "db" | "clock">;

/** Everything in D1, in one transaction: what was there is counted, asked to be finished, and gone. */
export async function removeRows({ db, clock }: Removing, failureIds: string[], batchId: string): Promise<void> {
  const found = await db
    .select({
      id: failedReplies.id,
      promptId: failedReplies.promptId,
      externalId: failedReplies.externalId,
      clusterId: clusterOf(sql`${failedReplies.id}`, sql`${failedReplies.clusterId}`).as("known_cluster"),
    })
    .from(failedReplies)
    .where(inArray(failedReplies.id, valuesOf(failureIds)));
  if (found.length === 0) return;
  const now = clock();
  const ids = valuesOf(found.map(({ id }) => id));
  const hashes = await Promise.all(found.map(({ externalId }) => (externalId === null ? null : sha256Hex(externalId))));
  const records = found.map(({ id }, i) => ({
    ...{ failedReplyId: id, batchId, externalIdHash: hashes[i] ?? null, erasedAt: now, ...COUNTED_LATER },
  }));
  const oldest = sql`(select min(i.seq) from ${improvements} i where i.failed_reply_id in ${ids})`;
  await db.batch([
    keepRecords(db, records, ids),
    countErased(db, ids),
    // Should this worker die before the rest is done.
    askFor(db, "erasure", batchId, now + MINUTE),
    ...beginAgain(db, sql`${exportsTable.boundary} >= ${oldest}`, now),
    ...(found.some(({ clusterId }) => clusterId !== null) ? [askToForget(db, now)] : []),
    ...eraseFromLessons(db, ids),
    ...eraseReplies(db, ids),
    ...eraseProvidersWords(db, ids),
    // What people said of them in reviews and in the audit goes along.
    db.delete(improvements).where(inArray(improvements.failedReplyId, ids)),
    db.delete(failedReplies).where(inArray(failedReplies.id, ids)),
    db
      .delete(prompts)
      .where(
        and(
          inArray(prompts.id, valuesOf(found.map(({ promptId }) => promptId))),
          notExists(db.select({ one: sql`1` }).from(failedReplies).where(eq(failedReplies.promptId, prompts.id))),
        ),
      ),
  ]);
}

const NOTHING: RemovedRows = {
  ...{ prompts: 0, improvements: 0, reviews: 0, audit_labels: 0, correction_drafts: 0 },
  ...{ comparison_cases: 0, dead_letters: 0, lessons: 0 },
};

/** By the statement that keeps the records, or by what comes after. */
const COUNTED_LATER = {
  ...{ improvementSeqs: [], contexts: [], taughtClusterIds: [], removed: NOTHING },
  ...{ exportIds: [], fineTuneIds: [] },
};

/** A record of each erasure, with what D1 holds at that moment. One that another worker erased meanwhile is left out. */
function keepRecords(db: Db, records: (typeof erasures.$inferInsert)[], ids: SQL) {
  return db
    .insert(erasures)
    .select(
      rowsFromJson(erasures, records, {
        compute: {
          improvementSeqs: (_, given) => improvementsOf(given("failedReplyId")),
          contexts: (_, given) => contextsOf(given("failedReplyId")),
          taughtClusterIds: (_, given) => taughtBy(given("failedReplyId"), ids),
          removed: (_, given) => rowsOf(given("failedReplyId"), ids),
        },
        where: (given) => sql`exists (select 1 from ${failedReplies} f where f.id = ${given("failedReplyId")})`,
      }),
    )
    .onConflictDoNothing();
}

const improvementsOf = (id: SQL) => sql`(select json_group_array(seq) from (
  select i.seq from ${improvements} i where i.failed_reply_id = ${id} order by i.seq))`;

/** SQL: the failure's cluster. One that is withdrawn has it in the record of that. */
const clusterOf = (id: SQL, own: SQL) => sql<string | null>`coalesce(${own}, (select w.cluster_id
  from ${withdrawnFailures} w where w.failed_reply_id = ${id} and w.cluster_id is not null
  order by w.withdrawal_id desc limit 1))`;

const contextsOf = (id: SQL) => sql`(select json_group_array(json_object('clusterId', c, 'failureCategory', f)) from (
  select f.cluster_id as c, f.failure_category as f from ${failedReplies} f where f.id = ${id}
  union select w.cluster_id, w.failure_category from ${withdrawnFailures} w where w.failed_reply_id = ${id}
  union select i.cluster_id, i.failure_category from ${improvements} i where i.failed_reply_id = ${id}))`;

/** Explanations serve as lessons as they are, where there are none yet. */
const taughtBy = (id: SQL, ids: SQL) =>
  clustersTaughtBy(
    id,
    sql`(select ${clusterOf(id, sql`f.cluster_id`)} from ${failedReplies} f
      where f.id = ${id} and f.failure_explanation is not null)`,
    ids,
  );

function rowsOf(id: SQL, ids: SQL): SQL {
  const count: Record<keyof RemovedRows, SQL> = {
    prompts: sql`from ${failedReplies} f where f.id = ${id} and not exists (
      select 1 from ${failedReplies} o where o.prompt_id = f.prompt_id and o.id <> f.id)`,
    improvements: sql`from ${improvements} i where i.failed_reply_id = ${id}`,
    reviews: sql`from ${reviews} r join ${improvements} i on i.id = r.improvement_id where i.failed_reply_id = ${id}`,
    audit_labels: sql`from ${auditLabels} l join ${auditItems} a on a.id = l.item_id
      join ${improvements} i on i.id = a.improvement_id where i.failed_reply_id = ${id}`,
    correction_drafts: sql`from ${correctionDrafts} d where d.failed_reply_id = ${id}`,
    comparison_cases: sql`from ${comparisonCases} c where c.failed_reply_id = ${id}`,
    dead_letters: sql`from ${deadLetters} l where json_extract(l.body, '$.failure_id') = ${id}`,
    lessons: leavingWith(id, ids),
  };
  const pairs = Object.entries(count).map(([name, from]) => sql`${sql.raw(`'${name}'`)}, (select count(*) ${from})`);
  return sql`json_object(${sql.join(pairs, sql`, `)})`;
}

/** The replies that models gave to it when they were compared, and what the judge said of them. The ratings hold no text and stay. */
function eraseReplies(db: Db, ids: SQL) {
  const unlessOver = (then: string, otherwise: SQL) =>
    sql`case when ${comparisonCases.status} = 'open' then ${then} else ${otherwise} end`;
  return [
    db
      .update(comparisonCases)
      .set({
        ...{ baseReply: null, tunedReply: null, judgement: null },
        status: unlessOver("unscored", sql`${comparisonCases.status}`),
        reasonCode: unlessOver("erased", sql`${comparisonCases.reasonCode}`),
      })
      .where(inArray(comparisonCases.failedReplyId, ids)),
  ] as const;
}

const GONE = "What was said here went with a failure that was erased: it may have quoted it.";

/** What a provider says of a request may quote it. */
function eraseProvidersWords(db: Db, ids: SQL) {
  const compared = exists(
    db
      .select({ one: sql`1` })
      .from(comparisonCases)
      .where(and(eq(comparisonCases.comparisonId, comparisons.id), inArray(comparisonCases.failedReplyId, ids))),
  );
  const gone = (column: SQL) => sql`case when ${column} is not null then ${GONE} end`;
  return [
    db
      .update(comparisons)
      .set({ error: gone(sql`${comparisons.error}`), waiting: gone(sql`${comparisons.waiting}`) })
      .where(compared),
    db
      .update(judgeControls)
      .set({ error: GONE })
      .where(
        sql`${judgeControls.error} is not null and exists (
          select 1 from json_each(${judgeControls.failureIds}) e where e.value in ${ids})`,
      ),
    // Once one is improved the gate has been open since.
    db
      .update(gate)
      .set({ reason: null })
      .where(sql`exists (select 1 from ${failedReplies} f where f.id in ${ids} and f.status <> 'improved')`),
    db.delete(deadLetters).where(sql`json_extract(${deadLetters.body}, '$.failure_id') in ${ids}`),
  ] as const;
}
