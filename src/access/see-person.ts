import { eq } from "drizzle-orm";
import { type Person, people } from "../db/schema/people.ts";
import { log } from "../lib/log.ts";
import { newSecret } from "../lib/secrets.ts";
import { HOUR } from "../lib/time.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";

interface Seen extends Pick<Person, "email" | "name" | "role"> {
  /** Since when Access lets them in; milliseconds. */
  since: number;
}

/**
 * The row of a person who comes, made when they first do. Read each time: kept in an isolate, they would go on there after
 * they signed out everywhere. Written when something about them changed, and otherwise at most once an hour.
 */
export async function seePerson(
  { db, clock, newId }: Pick<Services, "db" | "clock" | "newId">,
  { since, ...seen }: Seen,
  waitUntil: WaitUntil,
): Promise<Person> {
  const now = clock();
  const known = await db.select().from(people).where(eq(people.email, seen.email)).get();
  if (known === undefined) {
    const row = { ...seen, id: newId(), linkSecret: newSecret(), firstSeenAt: now, lastSeenAt: now, signedOutAt: null };
    await db.insert(people).values(row).onConflictDoNothing();
    return (await db.select().from(people).where(eq(people.email, seen.email)).get()) ?? row;
  }
  if (isSignedOut(known, since)) return known;
  // A token does not say a name.
  const name = seen.name ?? known.name;
  if (known.role === seen.role && known.name === name && now < known.lastSeenAt + HOUR) return known;
  const noted = db
    .update(people)
    .set({ name, role: seen.role, lastSeenAt: now })
    .where(eq(people.id, known.id))
    .run()
    .catch((error: unknown) => log.warn("person_not_noted", { person_id: known.id }, error));
  waitUntil(noted);
  return known;
}

/** Whether what Access gave a person is from before they signed out everywhere. */
export function isSignedOut({ signedOutAt }: Pick<Person, "signedOutAt">, since: number): boolean {
  return signedOutAt !== null && since <= signedOutAt;
}
