import { env } from "cloudflare:test";
import { createDb, type Db } from "../../src/db/client.ts";

/** Writes of a failure's next state: `update "failed_replies" …`. */
const STATE_WRITE = /^update "failed_replies"/;

/**
 * A database whose first writes of a failure's state wait for each other, so that all rivals have read the same state
 * when the first of them writes: they overlap, whatever the machine's timing.
 */
export function dbWithRivals(rivals: number): Db {
  let waiting = 0;
  const { promise: allAreHere, resolve: letAllGo } = Promise.withResolvers<void>();
  const meet = async () => {
    waiting += 1;
    if (waiting >= rivals) letAllGo();
    await allAreHere;
  };
  const held = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get: (target, name) => {
        if (name === "bind") return (...values: unknown[]) => held(target.bind(...values));
        const value = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return async (...args: unknown[]) => {
          await meet();
          return value.apply(target, args);
        };
      },
    });
  return createDb(
    new Proxy(env.DB, {
      get: (target, name) => {
        if (name === "prepare") {
          return (query: string) => {
            const statement = target.prepare(query);
            return STATE_WRITE.test(query) && waiting < rivals ? held(statement) : statement;
          };
        }
        const value = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    }),
  );
}
