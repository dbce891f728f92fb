import { plainTable } from "../lib/terminal.ts";
import type { LoggedError } from "../lib/whole-worker.ts";
import { curlLine } from "./curl.ts";
import type { Findings } from "./findings.ts";
import type { Ran } from "./run.ts";

const CLASSES = [2, 3, 4, 5] as const;

/** How many answers of each class every route gave. @param exact each status by itself */
export function routeTable({ statuses }: Ran, exact: boolean): string {
  const lines = [...(exact ? statuses : grouped(statuses))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([route, counts]) => {
      const all = [...counts].sort(([a], [b]) => a - b);
      const sum = (few: [number, number][]) => few.reduce((total, [, count]) => total + count, 0);
      const cells = exact
        ? [all.map(([status, count]) => `${status}: ${count}`).join("  ")]
        : CLASSES.map((first) => String(sum(all.filter(([status]) => Math.floor(status / 100) === first)) || ""));
      return [route, String(sum(all)), ...cells];
    });
  return plainTable(["route", "sent", ...(exact ? ["statuses"] : CLASSES.map((first) => `${first}xx`))], lines);
}

/** Methods that a path does not have, all in one line. */
function grouped(statuses: Ran["statuses"]): Ran["statuses"] {
  const groups: Ran["statuses"] = new Map();
  for (const [route, counts] of statuses) {
    const name = route.includes("(odd)") ? "(another method)" : route;
    const sums = groups.get(name) ?? new Map<number, number>();
    for (const [status, count] of counts) sums.set(status, (sums.get(status) ?? 0) + count);
    groups.set(name, sums);
  }
  return groups;
}

/** Each finding with the command that repeats it. @param lost those that did not show again by themselves */
export function printFindings(findings: Findings, lost: Set<string>, url: string, dir: string): void {
  for (const [key, { fault, request, times, logged }] of findings) {
    console.log(`\n${fault.kind}, ${fault.status || "no status"}, ${times} times: ${request.route}`);
    console.log(`  ${fault.detail}`);
    if (logged !== null) console.log(`  logged: ${logged.slice(0, 400)}`);
    if (lost.has(key)) console.log("  (not again by itself: it depends on what came before)");
    console.log(`  ${curlLine(url, request, dir)}`);
  }
}

/** What the Worker logged as errors without a request of ours to show for it. */
export function loggedTable(errors: LoggedError[]): string {
  const kinds = Map.groupBy(errors, ({ event, error }) => `${event}|${error}`);
  return plainTable(
    ["logged", "times", "error"],
    [...kinds.values()].map((of) => [of[0]?.event ?? "", String(of.length), of[0]?.error ?? ""]),
  );
}

/** How many findings of each kind there are. */
export function kindTable(findings: Findings): string {
  const kinds = Map.groupBy(findings.values(), ({ fault }) => fault.kind);
  const lines = [...kinds].map(([kind, of]) => [
    kind,
    String(of.length),
    String(of.reduce((sum, { times }) => sum + times, 0)),
  ]);
  return plainTable(["kind", "findings", "times"], lines);
}
