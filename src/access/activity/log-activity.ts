import type { MiddlewareHandler } from "hono";
import type { activity } from "../../db/schema/activity.ts";
import type { AppContext, AppEnv } from "../../http/app-env.ts";
import { routeOf } from "../../http/needs.ts";
import { SAFE_METHODS } from "../../http/same-origin.ts";
import { waitUntilOf } from "../../http/wait-until.ts";
import { isId } from "../../lib/ids.ts";
import { log } from "../../lib/log.ts";
import { hashedAddress } from "../hashed-address.ts";
import { ACTIONS, type Action, NOT_RECORDED } from "./actions.ts";
import { recordActivity } from "./record-activity.ts";

/**
 * The audit log's one place: stands before the gate, sees each answer, and records what was done by whom. What that was
 * comes from the route; a handler adds what only it knows (`http/note.ts`).
 *
 * An entry is written before the answer is sent, so that whoever acts finds it. One that cannot be written is a fault in
 * the logs, with who and what; it undoes nothing, and the answer stays as it is: it tells the truth about what was done.
 */
export const logActivity: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const route = routeOf(c);
  if (route === null) return;
  const name = `${route.method} ${route.path}`;
  const outcome = outcomeOf(c, name);
  if (outcome === null) return;
  const { caller, requestId, services, note } = c.var;
  const params = paramsOf(route.path, c.req.path);
  const action: Action = ACTIONS[name] ?? { name };
  const subjectId = note?.subject ?? (params.id !== undefined && isId(params.id) ? params.id : null);
  const entry = {
    ...{ outcome, requestId, action: action.name.replace("{change}", params.change ?? "change") },
    ...{ callerKind: caller.kind, callerId: caller.id, caller: caller.name },
    ...{ subjectKind: subjectId === null ? null : (action.subject ?? null), subjectId },
    ...{ before: note?.before ?? null, after: note?.after ?? null },
  };
  const { headers } = c.req.raw;
  const from = headers.has("cf-connecting-ip") ? await hashedAddress(services.config, headers) : null;
  const written = recordActivity(services, entry, from).catch((error: unknown) => {
    const who = { code: entry.action, caller_id: caller.id ?? caller.kind, subject_id: subjectId };
    log.error("activity_not_recorded", { request_id: requestId, ...who }, error);
  });
  // A caller who hangs up does not take the entry along.
  waitUntilOf(c)(written);
  await written;
};

/** How it ended, as far as that is recorded; null where there is nothing to record. */
function outcomeOf(c: AppContext, route: string): (typeof activity.$inferInsert)["outcome"] | null {
  const { status } = c.res;
  // Who is not known has done nothing: the gate never let them in. A wrong key at the sign-in page is worth knowing.
  const known = c.get("caller") as AppContext["var"]["caller"] | undefined;
  if (known === undefined) return null;
  if (status === 403 || (status === 401 && route === "POST /sign-in")) return "refused";
  if (NOT_RECORDED.has(route) || c.var.note?.changed === false) return null;
  if (SAFE_METHODS.includes(c.req.method)) {
    return route in ACTIONS && c.req.method === "GET" && (status === 200 || status === 206) ? "done" : null;
  }
  if (status >= 500) return "failed";
  return status < 400 ? "done" : null;
}

/** What stands in a path for each `:name` of its route. */
function paramsOf(route: string, path: string): Record<string, string> {
  const given = path.split("/");
  return Object.fromEntries(
    route.split("/").flatMap((part, i) => {
      const name = /^:(\w+)/.exec(part)?.[1];
      return name === undefined ? [] : [[name, given[i] ?? ""]];
    }),
  );
}
