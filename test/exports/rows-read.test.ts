import { env } from "cloudflare:test";
import { expect, it } from "vitest";
import { createDb } from "../../src/db/client.ts";
import { createWorld, runJob } from "../support/world.ts";
import { insertImprovements } from "./rows.ts";

/** D1 that adds up the rows its statements read, as D1 bills them. */
function metered(counted: { rows: number }): D1Database {
  const statement = (inner: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(inner, {
      get(target, name) {
        if (name === "bind") return (...values: unknown[]) => statement(target.bind(...values));
        if (name === "raw")
          return async () => {
            const { results, meta } = await target.all<Record<string, unknown>>();
            counted.rows += meta.rows_read;
            return results.map((row) => Object.values(row));
          };
        return Reflect.get(target, name).bind?.(target);
      },
    });
  return new Proxy(env.DB, {
    get(target, name) {
      if (name === "prepare") return (sql: string) => statement(target.prepare(sql));
      return Reflect.get(target, name).bind?.(target);
    },
  });
}

it("reads about one row of the database for each line", async () => {
  const rows = 3000;
  for (let from = 0; from < rows; from += 500) await insertImprovements(500, 30, from);
  const world = createWorld();
  const { id } = await world.json("POST", "/v1/exports", { min_gain: 0 });
  const counted = { rows: 0 };
  const reading = createDb(metered(counted));
  // D1 takes no batch of wrapped statements; the batches of an export only write.
  const db = new Proxy(world.services.db, {
    get: (target, name) => (name === "select" ? reading.select.bind(reading) : Reflect.get(target, name)),
  });
  await runJob({ ...world.services, db }, "export", id);
  expect((await world.json("GET", `/v1/exports/${id}`)).rows).toBe(rows);
  expect(counted.rows).toBeGreaterThanOrEqual(rows);
  expect(counted.rows / rows).toBeLessThanOrEqual(1.1);
});
