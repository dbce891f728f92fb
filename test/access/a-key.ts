import { env } from "cloudflare:test";
import { createDb } from "../../src/db/client.ts";
import type { Scope } from "../../src/db/schema/keys.ts";
import type { World } from "../support/world.ts";

/** A key made by the API, with calls that send it. */
export async function aKey(world: World, scopes: Scope[], more: { name?: string; expires_at?: string } = {}) {
  const made = await world.json("POST", "/v1/keys", { name: "A caller", scopes, ...more });
  const { id, key } = made as { id: string; key: string };
  return { id, key, headers: { authorization: `Bearer ${key}` } };
}

/** Status of a read that needs a key's scope `read`. */
export async function reads(world: World, headers: Record<string, string>): Promise<number> {
  return (await world.call("GET", "/v1/failure-categories", undefined, headers)).status;
}

/** A statement that nobody ever answers. */
const unanswered = new Proxy({} as D1PreparedStatement, {
  get: (_, name) => (name === "bind" ? () => unanswered : () => new Promise(() => undefined)),
});

/** D1 that notes each statement, and can be out of reach, or silent. */
export function watchedDb() {
  const seen: string[] = [];
  const state = { down: false, silent: false };
  const db = new Proxy(env.DB, {
    get(target, name) {
      if (name !== "prepare") return Reflect.get(target, name).bind?.(target);
      return (sql: string) => {
        if (state.down) throw new Error("Network connection lost.");
        seen.push(sql);
        if (state.silent) return unanswered;
        return target.prepare(sql);
      };
    },
  });
  return { db: createDb(db), seen, state };
}
