import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

/** Watches the database of a running Worker from outside. */
export interface Watch {
  /** A number that differs once anything was written. */
  version(): number;
  /** Waits until nothing has been written for a while. @returns false when that does not come */
  untilQuiet(patienceMs: number): Promise<boolean>;
  /** The tables whose rows differ from those of the last call. */
  changedTables(): string[];
  close(): void;
}

/** So long without a write means that nothing works in the background: batches are collected for a second. */
const QUIET_MS = 1_500;
const POLL_MS = 50;

export function watchDatabase(file: string): Watch {
  const database = new DatabaseSync(file, { readOnly: true });
  const version = () => Number(database.prepare("pragma data_version").get()?.data_version);
  // D1 keeps a table of its own, which it writes whenever it likes.
  const tables = database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite%' and name not like '_cf%'")
    .all()
    .map(({ name }) => String(name));
  let known = new Map<string, string>();
  return {
    version,
    async untilQuiet(patienceMs) {
      const giveUp = Date.now() + patienceMs;
      let last = { version: version(), at: Date.now() };
      while (Date.now() - last.at < QUIET_MS) {
        if (Date.now() > giveUp) return false;
        await sleep(POLL_MS);
        const now = version();
        if (now !== last.version) last = { version: now, at: Date.now() };
      }
      return true;
    },
    changedTables() {
      const now = new Map(tables.map((table) => [table, contentOf(database, table)]));
      const changed = tables.filter((table) => known.has(table) && known.get(table) !== now.get(table));
      known = now;
      return changed;
    },
    close: () => database.close(),
  };
}

function contentOf(database: DatabaseSync, table: string): string {
  const hash = createHash("sha256");
  const rows = database.prepare(`select * from "${table}"`);
  rows.setReadBigInts(true);
  for (const row of rows.iterate()) {
    hash.update(JSON.stringify(row, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)));
  }
  return hash.digest("hex");
}
