import { env } from "cloudflare:test";
import { createDb } from "../../src/db/client.ts";

/** A statement, and the steps of its plan as SQLite words them. */
export interface Plan {
  sql: string;
  plan: string[];
}

/** D1 as it is, noting each statement with its plan. */
export function explained() {
  const noted: Plan[] = [];
  const explaining: Promise<void>[] = [];
  const explain = async (sql: string, values: unknown[]) => {
    const slot: Plan = { sql, plan: [] };
    noted.push(slot);
    const statement = env.DB.prepare(`explain query plan ${sql}`).bind(...values);
    const { results } = await statement.all<{ detail: string }>();
    slot.plan = results.map(({ detail }) => detail);
  };
  const noting = (sql: string, statement: D1PreparedStatement) =>
    new Proxy(statement, {
      get(inner, method) {
        if (method !== "bind") return Reflect.get(inner, method).bind?.(inner);
        return (...values: unknown[]) => {
          explaining.push(explain(sql, values));
          return inner.bind(...values);
        };
      },
    });
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name !== "prepare") return Reflect.get(target, name).bind?.(target);
      return (sql: string) => noting(sql, target.prepare(sql));
    },
  });
  return {
    db: createDb(db),
    /** @throws Error when nothing was explained: a check over no plans would pass */
    async plans(): Promise<Plan[]> {
      await Promise.all(explaining);
      // A row that is given needs no plan.
      const looking = noted.filter(({ sql }) => !/^insert into .* values /.test(sql));
      if (looking.length === 0 || looking.some(({ plan }) => plan.length === 0))
        throw new Error("no plan was explained");
      return looking;
    },
  };
}
