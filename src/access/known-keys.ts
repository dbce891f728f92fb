import { eq } from "drizzle-orm";
import { type Key, keys } from "../db/schema/keys.ts";
import { RedraftError } from "../lib/errors.ts";
import { log } from "../lib/log.ts";
import { HOUR, SECOND } from "../lib/time.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";

export type KeyServices = Pick<Services, "db" | "clock">;

/** After this long a copy is read again, behind the answer that it still gives. */
const RENEW_MS = 30 * SECOND;

/** After this long it answers nothing before it was read again: a revocation reaches every isolate by then. */
const LONGEST_MS = 60 * SECOND;

/** A read that failed, or never came back, is tried again after this long. */
const AGAIN_MS = 5 * SECOND;

/** While D1 cannot be read, the bot's key goes on opening prompts this long: those need no D1 either. */
const BOT_WITHOUT_D1_MS = HOUR;

/** How long the bot waits for D1 to say whether its key still holds. */
const BOT_WAITS_MS = 500;

/** There are far fewer; the copy that was read first goes first. */
const MOST_COPIES = 1_000;

/** What an isolate knows of a key. */
export interface KnownKey {
  row: Key;
  /** Its secret, once it was shown: comparing takes less than hashing. Nobody else's attempts get in here. */
  secret: string | null;
  readAt: number;
  /** When it is read again, behind an answer. */
  renewAt: number;
  /** When the bot last waited for D1 in vain. */
  missedAt: number;
}

/** The copies of an isolate. Their owner is the database, because the services of one isolate are made once. */
const copiesOf = new WeakMap<WeakKey, Map<string, KnownKey>>();

/**
 * A key by its id, whether or not it still opens anything; null where there is none. Warm, it reads nothing. Keys that
 * do not exist are not kept, so that asking for many fills nothing, and a new key works at once.
 * @param forBot for prompts: an answer that is late is worth less than one by an older copy
 * @throws RedraftError `unavailable` when it has to be read and cannot be
 */
export async function knownKey(
  services: KeyServices,
  id: string,
  waitUntil: WaitUntil,
  { forBot = false } = {},
): Promise<KnownKey | null> {
  const known = copyOf(services.db, id);
  const now = services.clock();
  if (known === undefined) return read(services, id);
  if (now < known.renewAt && now < known.readAt + LONGEST_MS) return known;
  if (now < known.readAt + LONGEST_MS) {
    known.renewAt = now + AGAIN_MS;
    waitUntil(read(services, id).catch(() => undefined));
    return known;
  }
  if (!forBot || now >= known.readAt + BOT_WITHOUT_D1_MS) return read(services, id);
  return readOrKeep(services, known, waitUntil);
}

/** This isolate's copy, however old. */
export function copyOf(db: Services["db"], id: string): KnownKey | undefined {
  return copiesOf.get(db)?.get(id);
}

/** Drops this isolate's copy: what changed is seen at once here, and within a minute elsewhere. */
export function forgetKey(db: Services["db"], id: string): void {
  copiesOf.get(db)?.delete(id);
}

async function readOrKeep(services: KeyServices, known: KnownKey, waitUntil: WaitUntil): Promise<KnownKey | null> {
  // Not every prompt is to wait for what is down.
  if (services.clock() < known.missedAt + AGAIN_MS) return known;
  const miss = () => {
    known.missedAt = services.clock();
    return known;
  };
  const reading = read(services, known.row.id).catch(miss);
  waitUntil(reading);
  return Promise.race([reading, scheduler.wait(BOT_WAITS_MS).then(miss)]);
}

async function read({ db, clock }: KeyServices, id: string): Promise<KnownKey | null> {
  const now = clock();
  try {
    const row = await db.select().from(keys).where(eq(keys.id, id)).get();
    return row === undefined ? null : keep(db, row, now);
  } catch (error) {
    log.warn("key_not_read", { key_id: id }, error);
    throw new RedraftError("unavailable", "Keys cannot be looked up right now. Try again.");
  }
}

function keep(db: Services["db"], row: Key, now: number): KnownKey {
  const copies = copiesOf.get(db) ?? new Map<string, KnownKey>();
  copiesOf.set(db, copies);
  const known = { row, secret: copies.get(row.id)?.secret ?? null, readAt: now, renewAt: now + RENEW_MS, missedAt: 0 };
  copies.delete(row.id);
  const [oldest] = copies.size >= MOST_COPIES ? copies.keys() : [];
  if (oldest !== undefined) copies.delete(oldest);
  copies.set(row.id, known);
  return known;
}
