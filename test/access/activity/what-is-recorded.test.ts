import { env } from "cloudflare:test";
import { Hono } from "hono";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ACTIONS, NOT_RECORDED } from "../../../src/access/activity/actions.ts";
import { logActivity } from "../../../src/access/activity/log-activity.ts";
import { gate } from "../../../src/access/gate.ts";
import { createApp } from "../../../src/app.ts";
import type { AppEnv } from "../../../src/http/app-env.ts";
import { accessOfEach, needs } from "../../../src/http/needs.ts";
import { aProvider } from "../../fine-tunes/provider.ts";
import { createWorld, KEY } from "../../support/world.ts";
import { doEverything, entries, MARK } from "./do-everything.ts";

const world = createWorld();
const routes = accessOfEach(createApp(() => world.services).routes);
const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const changing = routes.filter(({ method }) => !["GET", "HEAD"].includes(method));

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("every route that changes something", () => {
  it("has a name in the log, or is left out on purpose, and no name is of a route that is gone", () => {
    expect(changing.length).toBeGreaterThan(45);
    const known = (name: string) => name in ACTIONS || NOT_RECORDED.has(name);
    expect(changing.map(nameOf).filter((name) => !known(name))).toEqual([]);
    const all = new Set(routes.map(nameOf));
    expect([...Object.keys(ACTIONS), ...NOT_RECORDED].filter((name) => !all.has(name))).toEqual([]);
  });

  it("leaves one entry whatever its handler does, one that nobody named too, and none where it is left out", async () => {
    const bare = new Hono<AppEnv>();
    bare.use((c, next) => {
      c.set("services", world.services);
      c.set("requestId", "r");
      return next();
    });
    bare.use(logActivity, gate);
    const given = [...changing, { method: "POST", path: "/v1/new/:id", access: "admin" as const }];
    for (const { method, path, access } of given) bare.on(method, path, needs(access ?? "admin"), (c) => c.text("ok"));
    const id = crypto.randomUUID();
    let before = (await entries()).length;
    for (const route of given) {
      const path = route.path
        .replace(/\{[^}]*\}/, "")
        .replace(":change", "cancel")
        .replace(/:\w+/g, id);
      const headers = { authorization: `Bearer ${KEY}` };
      expect((await bare.request(path, { method: route.method, headers }, env)).status, nameOf(route)).toBe(200);
      const all = await entries();
      expect(all.length - before, nameOf(route)).toBe(NOT_RECORDED.has(nameOf(route)) ? 0 : 1);
      before = all.length;
    }
    const last = (await entries()).at(-1);
    expect(last).toMatchObject({ action: "POST /v1/new/:id", subject_id: id, subject_kind: null, outcome: "done" });
  });
});

describe("what is really done", () => {
  it("leaves one entry each, with its row, and no text, name, key, cookie, link or address that was sent", async () => {
    const { used, secrets } = await doEverything(aProvider());
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(ACTIONS).toSorted());
    const all = JSON.stringify(await entries());
    expect(secrets.filter((secret) => secret.length < 9)).toEqual([]);
    for (const secret of [MARK, ...secrets]) expect(all).not.toContain(secret);
  }, 120_000);
});
