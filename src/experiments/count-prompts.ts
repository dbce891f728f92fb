import { sql } from "drizzle-orm";
import { clusters } from "../db/schema/clusters.ts";
import { promptCounts } from "../db/schema/experiments.ts";
import { log } from "../lib/log.ts";
import { dayOf, SECOND } from "../lib/time.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";
import type { Conversation } from "./conversation.ts";
import { PROMPT_ARMS, type PromptArm } from "./prompt-id.ts";

/** Written at most this often, or when so many have come since. */
const GATHER_MS = 10 * SECOND;
const MOST_GATHERED = 500;

/** Conversations that an isolate remembers, the last so many or twice as many, so that each counts once: some 200 KB. */
const REMEMBERED = 2_500;

/** Different counts kept while D1 cannot be written to; beyond it prompts of new kinds go uncounted, which is logged. */
const MOST_KEPT = 10_000;

/** Rows of one statement: some 60 bytes each, well under D1's 2 MB. */
const MOST_WRITTEN = 2_000;

/** How one prompt was served. */
export interface ServedPrompt {
  arm: PromptArm;
  /** The cluster's number; 0 for none. */
  cluster: number;
  /** How likely its conversation was to get a plain one. */
  plainShare: number;
  conversation: Conversation | null;
}

interface Count {
  day: string;
  cluster: number;
  arm: number;
  plainShare: number;
  prompts: number;
  conversations: number;
}

interface Gathered {
  counts: Map<string, Count>;
  /** Prompts since the last write began. */
  prompts: number;
  /** The newest conversations, and those before them: giving the oldest up one by one would take longer than all else. */
  remembered: Set<number>;
  rememberedBefore: Set<number>;
  /** When the next write may begin; and until when one that was planned is to have begun, in case its request was cut off. */
  nextAt: number;
  plannedUntil: number;
}

/** What an isolate has gathered, by its database: the services of one isolate are made once. */
const gatheredOf = new WeakMap<WeakKey, Gathered>();

/**
 * Counts a prompt that was served: in memory, and written behind the answer, many at once. Costs its prompt no read and
 * no write. What an isolate has gathered in its last seconds is lost where it ends before it can write.
 */
export function countPrompt(
  services: Pick<Services, "db" | "clock">,
  { arm, cluster, plainShare, conversation }: ServedPrompt,
  waitUntil: WaitUntil,
): void {
  const now = services.clock();
  const gathered = gatheredFor(services.db);
  const count: Count = {
    ...{ day: dayOf(now), cluster, arm: PROMPT_ARMS[arm], plainShare },
    ...{ prompts: 1, conversations: Number(isNew(gathered, conversation)) },
  };
  if (!add(gathered.counts, count)) log.warn("prompt_not_counted");
  gathered.prompts += 1;
  if (now >= gathered.nextAt || gathered.prompts >= MOST_GATHERED) {
    waitUntil(write(services, gathered));
  } else if (now >= gathered.plannedUntil) {
    gathered.plannedUntil = gathered.nextAt + GATHER_MS;
    waitUntil(writeLater(services, gathered, gathered.nextAt - now));
  }
}

/** True for a conversation's first prompt, as far as an isolate knows. One that cannot be told from others counts as none. */
function isNew(gathered: Gathered, conversation: Conversation | null): boolean {
  if (conversation === null || !conversation.isFirst || !conversation.isToldApart) return false;
  const { key } = conversation;
  if (gathered.remembered.has(key) || gathered.rememberedBefore.has(key)) return false;
  if (gathered.remembered.size >= REMEMBERED) {
    gathered.rememberedBefore = gathered.remembered;
    gathered.remembered = new Set();
  }
  gathered.remembered.add(key);
  return true;
}

/** Writes what was gathered. A fault keeps it for the next time. */
async function write({ db, clock }: Pick<Services, "db" | "clock">, gathered: Gathered): Promise<void> {
  gathered.nextAt = clock() + GATHER_MS;
  gathered.plannedUntil = 0;
  gathered.prompts = 0;
  const taken = [...gathered.counts].slice(0, MOST_WRITTEN);
  for (const [key] of taken) gathered.counts.delete(key);
  const counts = taken.map(([, count]) => count);
  try {
    await addToCounts(db, counts);
  } catch (error) {
    log.warn("prompt_counts_not_written", { count: counts.length }, error);
    for (const count of counts) add(gathered.counts, count);
  }
}

async function writeLater(services: Pick<Services, "db" | "clock">, gathered: Gathered, ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  if (gathered.prompts > 0) await write(services, gathered);
}

/** One statement, which is all or nothing. A cluster's id is looked up here, because prompts know its number alone. */
function addToCounts(db: Services["db"], counts: Count[]) {
  const field = (name: keyof Count) => sql.raw(`json_extract(value, '$.${name}')`);
  const cluster = sql`coalesce((select c.id from ${clusters} c where c.number = ${field("cluster")}), '')`;
  return db
    .insert(promptCounts)
    .select(
      sql`select ${field("day")}, ${cluster}, ${field("arm")}, ${field("plainShare")}, ${field("prompts")},
          ${field("conversations")} from json_each(${JSON.stringify(counts)}) where true`,
    )
    .onConflictDoUpdate({
      target: [promptCounts.day, promptCounts.clusterId, promptCounts.arm, promptCounts.plainShare],
      set: {
        prompts: sql`${promptCounts.prompts} + excluded.prompts`,
        conversations: sql`${promptCounts.conversations} + excluded.conversations`,
      },
    });
}

/** @returns false where there is no room for another kind of count */
function add(counts: Map<string, Count>, count: Count): boolean {
  const key = `${count.day} ${count.cluster} ${count.arm} ${count.plainShare}`;
  const known = counts.get(key);
  if (known === undefined && counts.size >= MOST_KEPT) return false;
  if (known === undefined) counts.set(key, count);
  else {
    known.prompts += count.prompts;
    known.conversations += count.conversations;
  }
  return true;
}

function gatheredFor(db: Services["db"]): Gathered {
  const known = gatheredOf.get(db);
  if (known !== undefined) return known;
  const gathered: Gathered = {
    ...{ counts: new Map(), prompts: 0, nextAt: 0, plannedUntil: 0 },
    ...{ remembered: new Set(), rememberedBefore: new Set() },
  };
  gatheredOf.set(db, gathered);
  return gathered;
}
