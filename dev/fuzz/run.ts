import fc from "fast-check";
import pLimit from "p-limit";
import type { LoggedError } from "../lib/whole-worker.ts";
import { checkAnswer, type Fault } from "./check-answer.ts";
import { type Findings, keepFinding, keyOf } from "./findings.ts";
import type { Target } from "./parts.ts";
import { learn } from "./pool.ts";
import { changedEachTime, checkRefused, keepRefused, type Refused } from "./refused-writes.ts";
import type { Answer, FuzzRequest } from "./request.ts";
import { anyRequest } from "./requests.ts";
import { MOST_MS, type Send } from "./send.ts";
import { shrink } from "./shrink.ts";
import { KEYED } from "./start.ts";
import type { Watch } from "./watch-database.ts";

/** Requests made from the same knowledge: what they bring to light is known from the next ones on, in their order. */
const BATCH = 50;
export const IN_FLIGHT = 8;
/** Requests between two looks at refused writes. */
const LOOK_EVERY = 1_000;
const MOST_TRIES = 80;

/** What a run needs. */
export interface Fuzzing {
  target: Target;
  send: Send;
  watch: Watch;
  errors: LoggedError[];
}

export interface Ran {
  findings: Findings;
  /** How often each status came, by route. */
  statuses: Map<string, Map<number, number>>;
  /** Refused writes that were looked at. */
  looked: number;
  seconds: number;
}

/** Sends this many requests. The same seed makes the same ones, but for the ids that the server gave. */
export async function run(fuzzing: Fuzzing, count: number, seed: number, progress: (done: number) => void) {
  const { target, send, watch } = fuzzing;
  const ran: Ran = { findings: new Map(), statuses: new Map(), looked: 0, seconds: 0 };
  const refused: Refused = new Map();
  const limit = pLimit(IN_FLIGHT);
  for (let done = 0; done < count; ) {
    const began = performance.now();
    const size = Math.min(BATCH, count - done);
    const requests = fc.sample(anyRequest(target), { seed: seed + done, numRuns: size });
    const answers = await Promise.all(requests.map((request) => limit(() => send(request))));
    for (const [i, request] of requests.entries()) judge(fuzzing, ran, refused, request, answers[i] as Answer);
    done += size;
    ran.seconds += (performance.now() - began) / 1_000;
    if (done % LOOK_EVERY === 0 || done === count) ran.looked += await checkRefused(send, watch, refused, ran.findings);
    progress(done);
  }
  return ran;
}

function judge({ target, errors }: Fuzzing, ran: Ran, refused: Refused, request: FuzzRequest, answer: Answer): void {
  const counts = ran.statuses.get(request.route) ?? new Map<number, number>();
  ran.statuses.set(request.route, counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1));
  const fault = checkAnswer(target.api, request, answer);
  if (fault !== null) keepFinding(ran.findings, request, fault, loggedOf(errors, answer));
  keepRefused(refused, request, answer);
  learn(target.pool, request.path, answer);
}

/** What the Worker logged about a request. */
function loggedOf(errors: LoggedError[], { headers }: Answer): string | null {
  const id = headers["x-request-id"];
  return errors.find(({ request_id }) => request_id !== undefined && request_id === id)?.error ?? null;
}

/** Makes the request of each finding as small as it gets. @returns the keys of those that did not show again */
export async function shrinkFindings({ target, send, watch }: Fuzzing, findings: Findings): Promise<Set<string>> {
  const lost = new Set<string>();
  for (const [key, finding] of findings) {
    const still = async (request: FuzzRequest) => {
      if (finding.fault.kind === "refused, but changed") return (await changedEachTime(send, watch, request)) !== null;
      const fault = checkAnswer(target.api, request, await send(request));
      return fault !== null && keyOf(request.route, fault) === key;
    };
    // A key can be kept; a session's cookie ends after some hours.
    const keyed = withKey(finding.request);
    if (await still(keyed)) finding.request = keyed;
    else if (!(await still(finding.request))) lost.add(key);
    if (!lost.has(key)) finding.request = await shrink(finding.request, still, triesFor(finding.fault));
  }
  return lost;
}

function withKey(request: FuzzRequest): FuzzRequest {
  const headers = request.headers.filter(([name]) => name !== "cookie" && name !== "authorization");
  return { ...request, headers: [...KEYED, ...headers] };
}

/** Each try of what hangs, or has to wait for quiet, takes seconds. */
function triesFor({ kind }: Fault): number {
  return kind === "hang" || kind === "refused, but changed" ? Math.ceil(60_000 / MOST_MS) : MOST_TRIES;
}
