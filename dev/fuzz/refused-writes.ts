import { setTimeout as sleep } from "node:timers/promises";
import { type Findings, keepFinding } from "./findings.ts";
import { type Answer, type FuzzRequest, isWrite } from "./request.ts";
import type { Send } from "./send.ts";
import type { Watch } from "./watch-database.ts";

/** How many are sent again a time. */
const SAMPLE = 60;
/** What a refused write leaves behind shows at once; what is done after its answer shows by then. */
const AFTER_MS = 10;
/** Something in the background may have written just then; not so often. */
const TIMES = 3;
const PATIENCE_MS = 15_000;

/** Refused writes, a few of each route and status, to be sent again while nothing else runs. */
export type Refused = Map<string, FuzzRequest[]>;

const KEPT = 3;

export function keepRefused(refused: Refused, request: FuzzRequest, { status }: Answer): void {
  if (!isWrite(request) || !isRefusal(status)) return;
  const key = `${request.route} ${status}`;
  refused.set(key, [...(refused.get(key) ?? []), request].slice(-KEPT));
}

/**
 * Sends refused writes again, one by one, and sees whether the database changed though they were refused again.
 * @returns how many were looked at
 */
export async function checkRefused(send: Send, watch: Watch, refused: Refused, findings: Findings): Promise<number> {
  const sample = [...refused.values()].flat().slice(0, SAMPLE);
  refused.clear();
  if (!(await watch.untilQuiet(PATIENCE_MS))) return 0;
  watch.changedTables();
  let looked = 0;
  const suspects = new Map<string, FuzzRequest>();
  for (const request of sample) {
    const before = watch.version();
    const { status } = await send(request);
    if (!isRefusal(status)) {
      watch.changedTables();
      continue;
    }
    await sleep(AFTER_MS);
    looked += 1;
    // Perhaps it was something in the background: that comes out below.
    if (watch.version() !== before && watch.changedTables().length > 0)
      suspects.set(`${request.route} ${status}`, request);
  }
  for (const request of suspects.values()) {
    const found = await changedEachTime(send, watch, request);
    if (found === null) continue;
    const detail = `changed ${found.tables.join(", ")}`;
    keepFinding(findings, request, { kind: "refused, but changed", status: found.status, detail }, null);
  }
  return looked;
}

/** The tables that a refused write changes whenever it is sent; null when it does not. */
export async function changedEachTime(send: Send, watch: Watch, request: FuzzRequest) {
  if (!(await watch.untilQuiet(PATIENCE_MS))) return null;
  const tables = new Set<string>();
  let last = 0;
  watch.changedTables();
  for (let time = 0; time < TIMES; time++) {
    const { status } = await send(request);
    await sleep(AFTER_MS);
    const changed = watch.changedTables();
    if (!isRefusal(status) || changed.length === 0) return null;
    for (const table of changed) tables.add(table);
    last = status;
  }
  return { tables: [...tables], status: last };
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500;
}
