import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { listActivity } from "../../../src/access/activity/queries.ts";
import { MOST_REFUSED, recordActivity } from "../../../src/access/activity/record-activity.ts";
import { removeOldActivity } from "../../../src/access/activity/remove-old-activity.ts";
import { activityQuery } from "../../../src/access/activity/schemas.ts";
import { hashedAddress } from "../../../src/access/hashed-address.ts";
import { DAY, HOUR, toRfc3339 } from "../../../src/lib/time.ts";
import worker from "../../../src/worker.ts";
import { explained } from "../../db/explained.ts";
import { createWorld, KEY, type World } from "../../support/world.ts";
import { aKey } from "../a-key.ts";
import { entries } from "./do-everything.ts";

const read = import.meta.glob("../../../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

const FROM = { "content-type": "application/x-www-form-urlencoded", origin: "http://localhost" };
const wrongKey = (world: World, address: string) =>
  world.call("POST", "/sign-in", "key=wrong", { ...FROM, "cf-connecting-ip": address });

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
const list = async (world: World, query = ""): Promise<any[]> =>
  (await world.json("GET", `/v1/activity?${query}`)).data;

/** Entries as they come from requests, at the world's time. */
async function add(world: World, count: number) {
  const { services } = world;
  const entry = { outcome: "done" as const, callerKind: "key", callerId: null, caller: "Kim", action: "start_run" };
  for (let i = 0; i < count; i++) await recordActivity(services, { ...entry, requestId: String(i) }, null);
}

beforeEach(async () => {
  await env.DB.prepare("delete from activity").run();
});

describe("the audit log", () => {
  it("is filtered by who, action, row, time and refusal, page by page, and no entry comes twice or never", async () => {
    const world = createWorld();
    const bot = await aKey(world, ["prompts"], { name: "Bot" });
    const admin = await aKey(world, ["admin"], { name: "Ada" });
    await world.call("DELETE", `/v1/keys/${bot.id}`, undefined, admin.headers);
    const reader = await aKey(world, ["read"], { name: "Reader" });
    expect((await world.call("GET", "/v1/exports", undefined, reader.headers)).status).toBe(403);
    const revoked = { action: "revoke_key", outcome: "done", subject: { kind: "key", id: bot.id } };
    const caller = { kind: "key", id: admin.id, name: "Ada" };
    expect(await list(world, "who=Ada")).toMatchObject([{ ...revoked, caller }]);
    expect(await list(world, `who=${admin.id}`)).toMatchObject([revoked]);
    expect(await list(world, `subject=${bot.id}`)).toMatchObject([
      revoked,
      { action: "make_key", before: null, after: { scopes: ["prompts"], expires_at: null } },
    ]);
    expect(await list(world, "action=make_key&who=ADMIN_KEY")).toHaveLength(3);
    expect(await list(world, "refused=true")).toMatchObject([
      { action: "GET /v1/exports", outcome: "refused", caller: { name: "Reader" }, subject: null },
    ]);
    const soon = encodeURIComponent(toRfc3339(Date.now() + HOUR));
    expect(await list(world, `since=${soon}`)).toEqual([]);
    expect(await list(world, `until=${soon}`)).toHaveLength(5);
    const seen: string[] = [];
    for (let cursor = ""; ; ) {
      const page = await world.json("GET", `/v1/activity?limit=2${cursor}`);
      seen.push(...page.data.map(({ id }: { id: string }) => id));
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(seen).toEqual((await entries()).map(({ id }) => id).reverse());
  });

  it("is for admins alone, and shows what was done, also on its page", async () => {
    const world = createWorld();
    const empty = await (await world.call("GET", "/activity")).text();
    expect(empty).toContain("Nothing has been done yet.");
    const others = await aKey(world, ["ingest", "prompts", "read", "review", "export"], { name: "<b>Bo</b>" });
    for (const path of ["/v1/activity", "/activity"])
      expect((await world.call("GET", path, undefined, others.headers)).status).toBe(403);
    const page = await (await world.call("GET", "/activity")).text();
    expect(page).toContain("make key");
    expect(page).toContain("scopes ingest, prompts, read, review, export");
    expect(page).toContain("&lt;b&gt;Bo&lt;/b&gt;");
    expect(page).toContain("refused");
    expect(page).toContain("Kept for 400 days.");
    const filtered = await (await world.call("GET", "/activity?who=nobody&since=2026-01-01T00:00")).text();
    expect(filtered).toContain("Nothing matches.");
    await add(world, 60);
    const long = await (await world.call("GET", "/activity?who=Kim&action=")).text();
    expect(long).toMatch(/href="\/activity\?who=Kim&amp;cursor=[\w-]+" rel="next"/);
  });

  it("keeps right and wrong sign-ins, and of what is refused so much an hour of one address and in all", async () => {
    const world = createWorld();
    const { headers } = await aKey(world, ["read"]);
    await env.DB.prepare("delete from activity").run();
    const forbidden = (address: string) =>
      world.call("POST", "/v1/keys", {}, { ...headers, "cf-connecting-ip": address });
    await world.call("POST", "/sign-in", `key=${KEY}`, FROM);
    for (let i = 0; i < MOST_REFUSED.ofAddress + 5; i++) await forbidden("203.0.113.1");
    await wrongKey(world, "203.0.113.2");
    const [right, ...wrong] = await entries();
    expect(right).toMatchObject({ action: "sign_in", outcome: "done", caller: "ADMIN_KEY" });
    expect(wrong).toHaveLength(MOST_REFUSED.ofAddress + 1);
    expect(wrong.at(-1)).toMatchObject({ action: "sign_in", outcome: "refused", caller_kind: "public" });
    for (let i = 0; i < MOST_REFUSED.inAll; i++)
      if (i % 10 !== 0) await forbidden(`203.0.113.${100 + (i % 100)}`);
      else await forbidden(`198.51.100.${i}`);
    expect(await entries()).toHaveLength(MOST_REFUSED.inAll + 1);
    // What is done is kept whatever was refused, and a later hour has its own refusals.
    await add(world, 1);
    expect(await entries()).toHaveLength(MOST_REFUSED.inAll + 2);
    await env.DB.prepare("update activity set id = '00000000' || substr(id, 9)").run();
    await forbidden("203.0.113.1");
    expect(await entries()).toHaveLength(MOST_REFUSED.inAll + 3);
  }, 60_000);

  it("does not say where somebody was to those who cannot sign: only ADMIN_KEY makes an address's hash", async () => {
    const { config } = createWorld().services;
    const from = (address: string) => new Headers({ "cf-connecting-ip": address });
    const hash = await hashedAddress(config, from("203.0.113.1"));
    expect(hash).toBe(await hashedAddress(config, from("203.0.113.1")));
    expect(await hashedAddress({ ADMIN_KEY: `${config.ADMIN_KEY}x` }, from("203.0.113.1"))).not.toBe(hash);
    expect(await hashedAddress(config, from("203.0.113.2"))).not.toBe(hash);
    const plain = await crypto.subtle.digest("SHA-256", new TextEncoder().encode("203.0.113.1"));
    expect(Buffer.from(plain).toString("base64url")).not.toContain(hash);
  });

  it("has no entry for what failed or was refused as bad, of a preview, or of a file that was not sent", async () => {
    const world = createWorld();
    await world.call("POST", "/v1/keys", {});
    await world.call("DELETE", `/v1/keys/${crypto.randomUUID()}`);
    await world.call("POST", "/v1/correction-runs?dry_run=true", {});
    await world.call("GET", `/v1/exports/${crypto.randomUUID()}/training_data.jsonl`);
    await world.call("POST", "/v1/keys", {}, { authorization: "Bearer nobody" });
    expect(await entries()).toEqual([]);
  });

  it("that cannot be written leaves the answer as it is, and says in the logs who did what", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const world = createWorld();
    await env.DB.prepare("alter table activity rename to gone").run();
    const answer = await world.call("POST", "/v1/keys", { name: "Kim's own", scopes: ["read"] });
    await env.DB.prepare("alter table gone rename to activity").run();
    expect(answer.status).toBe(201);
    const line = JSON.parse(error.mock.calls[0]?.[0]);
    const { id } = (await answer.json()) as { id: string };
    const told = { event: "activity_not_recorded", code: "make_key", caller_id: "admin_key", subject_id: id };
    expect(line).toMatchObject(told);
    expect(JSON.stringify(line)).not.toContain("Kim's own");
    error.mockRestore();
  });

  it("says of an error of ours that it may be done in part", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const world = createWorld();
    const { newId } = world.services;
    let made = 0;
    world.services.newId = () => {
      made += 1;
      if (made === 1) throw new Error("no id");
      return newId();
    };
    expect((await world.call("POST", "/v1/keys", { name: "x", scopes: ["read"] })).status).toBe(500);
    expect(await entries()).toMatchObject([{ action: "make_key", outcome: "failed" }]);
    error.mockRestore();
  });
});

describe("old entries", () => {
  it("go after AUDIT_LOG_RETENTION_DAYS, a bounded piece at each sweep; 0 keeps them", async () => {
    const world = createWorld();
    await env.DB.prepare(
      `with recursive n(value) as (select 1 union all select value + 1 from n where value < 1500)
       insert into activity (id, outcome, caller_kind, caller, action, request_id, created_at)
       select format('0000%04x-0000-7000-8000-000000000000', value), 'done', 'key', 'Kim', 'start_run', 'r', 0 from n`,
    ).run();
    await add(world, 2);
    await removeOldActivity(createWorld({ vars: { AUDIT_LOG_RETENTION_DAYS: "0" } }).services);
    expect(await entries()).toHaveLength(1502);
    await removeOldActivity(world.services);
    expect(await entries()).toHaveLength(502);
    await worker.scheduled({} as ScheduledController, env);
    expect(await entries()).toHaveLength(2);
    world.now += 400 * DAY - HOUR;
    await removeOldActivity(world.services);
    expect(await entries()).toHaveLength(2);
    world.now += 2 * HOUR;
    await removeOldActivity(world.services);
    expect(await entries()).toEqual([]);
  });

  it("are the only ones that ever change or go: nothing else updates or deletes", () => {
    const users = (pattern: RegExp) =>
      Object.entries(read as Record<string, string>).flatMap(([path, text]) =>
        pattern.test(text) ? [path.replace(/^.*\/src\//, "")] : [],
      );
    expect(users(/\bupdate\(\s*activity\b|\bupdate activity\b/i)).toEqual([]);
    expect(users(/\bonConflictDoUpdate\b[\s\S]*\bactivity\b|\bactivity\b[\s\S]*\bonConflictDoUpdate\b/)).toEqual([]);
    expect(users(/\bdelete\(\s*activity\b|\bdelete from activity\b/i)).toEqual([
      "access/activity/remove-old-activity.ts",
    ]);
    expect(users(/\binsert\(\s*activity\b|\binsert into activity\b/i)).toEqual(["access/activity/record-activity.ts"]);
    const holders = ["access/activity/log-activity.ts", "access/activity/queries.ts"];
    expect(users(/\{[^}]*\bactivity\b[^}]*\} from "[^"]*schema\/activity\.ts"/).toSorted()).toEqual(
      [...holders, "access/activity/record-activity.ts", "access/activity/remove-old-activity.ts"].toSorted(),
    );
  });
});

describe("the audit log's list", () => {
  it.each([
    ["", "sqlite_autoindex"],
    ["who=Kim", "activity_caller "],
    [`who=${crypto.randomUUID()}`, "activity_caller_id"],
    ["action=make_key", "activity_action"],
    [`subject=${crypto.randomUUID()}`, "activity_subject"],
    ["refused=true", "activity_refused"],
    ["who=Kim&action=make_key&since=2026-01-01T00:00:00Z", "activity_"],
  ])("%s comes from an index, in order, page by page", async (filter, index) => {
    await add(createWorld(), 2);
    const { db, plans } = explained();
    const given = Object.fromEntries(new URLSearchParams(`limit=1&${filter}`));
    await listActivity(db, activityQuery.parse(given));
    const { next_cursor } = await listActivity(createWorld().services.db, activityQuery.parse({ limit: 1 }));
    await listActivity(db, activityQuery.parse({ ...given, cursor: next_cursor }));
    for (const { sql, plan } of await plans()) {
      expect(`${plan.join("; ")} `, sql).toContain(`INDEX ${index}`);
      expect(plan.join("; "), sql).not.toMatch(/TEMP B-TREE/);
      if (filter !== "") expect(plan.join("; "), sql).not.toMatch(/^SCAN activity$/);
    }
  });

  it("is counted and trimmed by an index", async () => {
    const world = createWorld();
    const { db, plans } = explained();
    const entry = { outcome: "refused" as const, callerKind: "key", caller: "Kim", action: "x", requestId: "r" };
    await recordActivity({ ...world.services, db }, entry, "203.0.113.9");
    await removeOldActivity({ ...world.services, db });
    const all = (await plans()).map(({ plan }) => plan.join("; "));
    expect(all[0]).toContain("SEARCH activity USING COVERING INDEX activity_refused (id>?)");
    expect(all[1]).toMatch(/SEARCH activity USING .*INDEX sqlite_autoindex_activity_1 \(id=\?\)/);
    expect(all.join("; ")).not.toMatch(/SCAN activity(?! USING)/);
  });
});
