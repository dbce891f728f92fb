import { env } from "cloudflare:test";
import type { Scope } from "../../src/clusters/context/context.ts";
import { createDb } from "../../src/db/client.ts";
import type { Services } from "../../src/services.ts";

/** When the n-th operation fails: before it did anything, or after it did all but could not say so. */
export type Moment = "before" | "after";

/** What comes then: only that operation fails, or the machine is dead and nothing works any more. */
export type Mode = "once" | "dead";

export interface CrashPlan {
  at: number;
  moment: Moment;
  mode: Mode;
}

/** Counts every operation on the outside world, and fails as the plan says. */
export class Crasher {
  #count = 0;
  #dead = false;
  readonly #plan: CrashPlan | null;

  constructor(plan: CrashPlan | null) {
    this.#plan = plan;
  }

  /** How many operations there were so far. */
  get count(): number {
    return this.#count;
  }

  async run<T>(operation: () => Promise<T>): Promise<T> {
    if (this.#dead) throw new Error("crashed: the machine is dead");
    this.#count += 1;
    const hit = this.#plan?.at === this.#count;
    if (hit && this.#plan?.mode === "dead") this.#dead = true;
    if (hit && this.#plan?.moment === "before") throw new Error("crashed before it was done");
    const result = await operation();
    if (hit || this.#dead) throw new Error("crashed after it was done");
    return result;
  }

  /** The same services, every operation of theirs counted. */
  wrap(services: Services): Services {
    return {
      ...services,
      db: createDb(this.#database(env.DB)),
      model: { complete: (request) => this.run(() => services.model.complete(request)) },
      corrections: this.#methods(services.corrections, ["send", "sendBatch"]),
      jobs: this.#methods(services.jobs, ["send", "sendBatch"]),
      bucket: this.#methods(services.bucket, ["get", "put", "head", "delete", "list", "createMultipartUpload"]),
      clusters: new Proxy(services.clusters, {
        get: (target, name) => {
          if (name !== "get") return bound(target, name);
          // Not a proxy: on a stub every name, `bind` too, is a call to the object.
          return (id: DurableObjectId) => {
            const stub = target.get(id);
            return {
              read: (scope: Scope) => this.run(async () => stub.read(scope)),
              forget: (scope: Scope) => this.run(async () => stub.forget(scope)),
              touch: (scope: Scope) => this.run(async () => stub.touch(scope)),
            };
          };
        },
      }),
    };
  }

  #methods<T extends object>(object: T, names: string[]): T {
    return new Proxy(object, {
      get: (target, name) => {
        const value = bound(target, name);
        if (!names.includes(String(name)) || typeof value !== "function") return value;
        return (...args: unknown[]) => this.run(() => value(...args));
      },
    });
  }

  #database(database: D1Database): D1Database {
    const originals = new WeakMap<object, D1PreparedStatement>();
    const statement = (original: D1PreparedStatement): D1PreparedStatement => {
      const wrapped = new Proxy(original, {
        get: (target, name) => {
          const value = bound(target, name);
          if (name === "bind") return (...args: unknown[]) => statement(target.bind(...args));
          if (typeof value !== "function") return value;
          return (...args: unknown[]) => this.run(() => value(...args));
        },
      });
      originals.set(wrapped, original);
      return wrapped;
    };
    return new Proxy(database, {
      get: (target, name) => {
        if (name === "prepare") return (query: string) => statement(target.prepare(query));
        if (name === "batch") {
          return (statements: D1PreparedStatement[]) =>
            this.run(() => target.batch(statements.map((one) => originals.get(one) ?? one)));
        }
        return bound(target, name);
      },
    });
  }
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === "function" ? value.bind(target) : value;
}
