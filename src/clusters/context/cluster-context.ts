import { DurableObject } from "cloudflare:workers";
import { readConfig } from "../../config.ts";
import { createDb } from "../../db/client.ts";
import { judgeGuidance } from "../../experiments/judge-guidance.ts";
import { measureLessons } from "../../experiments/lesson-effects.ts";
import { describeError } from "../../lib/errors.ts";
import { newId } from "../../lib/ids.ts";
import { type Clock, MINUTE, SECOND } from "../../lib/time.ts";
import { buildContext } from "./build-context.ts";
import { type Context, type Scope, scopeName } from "./context.ts";

/** A result object, because a rejected RPC call leaks an unhandled rejection even where it is caught. */
type ContextResult = { context: Context } | { error: string };

/** The runtime makes the object, so its clock is not passed in. */
const clock: Clock = Date.now;

/** Improvements come in bursts: what was touched is rebuilt once, this long after the first touch. */
const GATHER_MS = 2 * SECOND;

/** Older than this, a context is refreshed behind the answer, in case a touch was lost. */
const STALE_MS = 10 * MINUTE;

/** The numbers of all failures serve every lift, and are counted at most this often. */
const OVERALL_STALE_MS = MINUTE;

/**
 * The context of one scope, cached; with it, what outcomes say of the cluster's guidance is worked out and kept in D1. It can be rebuilt from D1 at any time: losing it costs a few reads. Older
 * versions never replace newer ones, because one object builds them one after the other.
 */
export class ClusterContext extends DurableObject<Cloudflare.Env> {
  #context: Context | undefined;
  #building: Promise<Context> | undefined;

  /** The cached context; built first where there is none. */
  async read(scope: Scope): Promise<ContextResult> {
    try {
      this.#context ??= await this.ctx.storage.get<Context>("context");
      if (this.#context === undefined) return { context: await this.#rebuild(scope) };
      const age = clock() - this.#context.built_at;
      if (age > (scope === "all" ? OVERALL_STALE_MS : STALE_MS)) await this.touch(scope);
      return { context: this.#context };
    } catch (error) {
      return { error: describeError(error) };
    }
  }

  /** Something the context is made of has changed: rebuild it soon. */
  async touch(scope: Scope): Promise<void> {
    await this.ctx.storage.put("scope", scope);
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(clock() + GATHER_MS);
  }

  /** Rebuilds it before it is read again, because it may hold what was erased. */
  async forget(scope: Scope): Promise<{ forgotten: true } | { error: string }> {
    try {
      await this.#rebuildFromNow(scope);
      return { forgotten: true };
    } catch (error) {
      return { error: describeError(error) };
    }
  }

  /** Fails loudly: the runtime retries an alarm that throws, with backoff. */
  override async alarm(): Promise<void> {
    const scope = await this.ctx.storage.get<Scope>("scope");
    if (scope !== undefined) await this.#rebuildFromNow(scope);
  }

  /** One that is under way may have read before the change that this one is for. */
  async #rebuildFromNow(scope: Scope): Promise<Context> {
    await this.#building?.catch(() => undefined);
    return this.#rebuild(scope);
  }

  #rebuild(scope: Scope): Promise<Context> {
    this.#building ??= this.#build(scope).finally(() => {
      this.#building = undefined;
    });
    return this.#building;
  }

  async #build(scope: Scope): Promise<Context> {
    const version = ((await this.ctx.storage.get<Context>("context"))?.version ?? 0) + 1;
    const { config } = readConfig(this.env);
    // Without settings that can be read nothing is served but what a person approved.
    const rule = { minGain: config?.MIN_EXPORT_GAIN ?? 1, needApproval: config?.LESSONS_NEED_APPROVAL ?? true };
    const built_at = clock();
    const db = createDb(this.env.DB);
    if (scope !== "all" && "cluster_id" in scope) {
      await judgeGuidance({ db, clock, newId }, scope.cluster_id);
      await measureLessons(db, scope.cluster_id);
    }
    const built = await buildContext(db, scope, await this.#overall(scope), rule);
    this.#context = { ...built, version, built_at };
    await this.ctx.storage.put({ context: this.#context, scope });
    return this.#context;
  }

  async #overall(scope: Scope) {
    if (scope === "all") return null;
    const { CLUSTERS } = this.env;
    const all = await CLUSTERS.get(CLUSTERS.idFromName(scopeName("all"))).read("all");
    if ("error" in all) throw new Error(all.error);
    return all.context.failure_categories;
  }
}
