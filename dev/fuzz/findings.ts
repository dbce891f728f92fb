import type { Fault } from "./check-answer.ts";
import type { FuzzRequest } from "./request.ts";

/** One fault of one route, however often it was met. */
export interface Finding {
  fault: Fault;
  /** The first request that met it, then the smallest that still does. */
  request: FuzzRequest;
  times: number;
  /** What the Worker logged about it. */
  logged: string | null;
}

/** Faults are the same when route, kind and status are, and for an answer's shape the place that is wrong. */
export function keyOf(route: string, { kind, status, detail }: Fault): string {
  const place = kind === "schema" ? detail.split(": ")[0]?.replaceAll(/\d+/g, "N") : "";
  return [route, kind, status, place].join(" | ");
}

export type Findings = Map<string, Finding>;

export function keepFinding(findings: Findings, request: FuzzRequest, fault: Fault, logged: string | null): void {
  const key = keyOf(request.route, fault);
  const known = findings.get(key);
  if (known === undefined) findings.set(key, { fault, request, times: 1, logged });
  else known.times += 1;
}
