import { and, desc, isNull, lt } from "drizzle-orm";
import type { Db } from "../db/client.ts";
import { type Key, keys } from "../db/schema/keys.ts";
import { type Person, people } from "../db/schema/people.ts";
import { idAfter, type Page, toPage } from "../http/pagination.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import type { KeyOutput, KeyQuery, PeopleQuery, PersonOutput } from "./schemas.ts";

/** Newest first; those that were revoked only when asked for. */
export async function listKeys(db: Db, { revoked, cursor, limit }: KeyQuery): Promise<Page<KeyOutput>> {
  const after = idAfter(cursor);
  const rows = await db
    .select()
    .from(keys)
    .where(and(revoked ? undefined : isNull(keys.revokedAt), after ? lt(keys.id, after) : undefined))
    .orderBy(desc(keys.id))
    .limit(limit + 1);
  return toPage(rows, limit, ({ id }) => [id], keyAsOutput);
}

/** A key as callers see it: without its hash. */
export function keyAsOutput({ id, name, scopes, ...key }: Key): KeyOutput {
  return {
    ...{ id, name, scopes },
    created_at: toRfc3339(key.createdAt),
    created_by: key.createdBy,
    expires_at: toRfc3339OrNull(key.expiresAt),
    revoked_at: toRfc3339OrNull(key.revokedAt),
    revoked_by: key.revokedBy,
    last_used_at: toRfc3339OrNull(key.lastUsedAt),
  };
}

/** Those whom Access let in, the newest first. */
export async function listPeople(db: Db, { cursor, limit }: PeopleQuery): Promise<Page<PersonOutput>> {
  const after = idAfter(cursor);
  const rows = await db
    .select()
    .from(people)
    .where(after ? lt(people.id, after) : undefined)
    .orderBy(desc(people.id))
    .limit(limit + 1);
  return toPage(rows, limit, ({ id }) => [id], personAsOutput);
}

function personAsOutput({ id, email, name, role, firstSeenAt, lastSeenAt }: Person): PersonOutput {
  return {
    ...{ id, email, name, role },
    first_seen_at: toRfc3339(firstSeenAt),
    last_seen_at: toRfc3339(lastSeenAt),
  };
}
