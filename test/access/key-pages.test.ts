import { describe, expect, it } from "vitest";
import { DAY, toRfc3339 } from "../../src/lib/time.ts";
import { whereIs } from "../erasure/scan.ts";
import { aBrowser } from "../support/browser.ts";
import { createWorld } from "../support/world.ts";
import { aKey, reads } from "./a-key.ts";

const KEY_TEXT = /rd_[0-9a-f-]{36}_[\w-]{43}/g;

const BOT: [string, string][] = [
  ["name", " Support <b>bot</b> "],
  ["scopes", "prompts"],
  ["scopes", "read"],
];

describe("a key made by the form", () => {
  it("is shown once, on an answer that is neither kept nor in an address, and works", async () => {
    const world = createWorld();
    const browser = await aBrowser(world);
    const made = await browser.send("/settings/keys", [...BOT, ["last_day", ""]]);
    const page = await made.text();
    expect(made.status, page).toBe(200);
    expect(made.headers.get("cache-control")).toBe("no-store");
    expect(made.headers.get("location")).toBeNull();
    const shown = page.match(KEY_TEXT) ?? [];
    expect(shown).toHaveLength(1);
    expect(page).not.toContain("<script");
    expect(page).toContain("Support &lt;b&gt;bot&lt;/b&gt;");
    expect(page).not.toContain("<b>bot");
    const key = shown[0] ?? "";
    expect(await reads(world, { authorization: `Bearer ${key}` })).toBe(200);
    const secret = key.slice(40);
    expect(await whereIs(secret)).toEqual([]);
    const settings = await (await browser.open("/settings")).text();
    expect(settings).toContain("Support &lt;b&gt;bot&lt;/b&gt;");
    expect(settings).not.toContain(secret);
    const { data } = await world.json("GET", "/v1/keys");
    expect(data[0]).toMatchObject({
      ...{ name: "Support <b>bot</b>", scopes: ["prompts", "read"], expires_at: null },
      ...{ created_by: "ADMIN_KEY" },
    });
  });

  it("holds through its last day, and is named once it has expired", async () => {
    const world = createWorld();
    const browser = await aBrowser(world);
    const today = toRfc3339(world.now).slice(0, 10);
    const made = await browser.send("/settings/keys", [
      ["name", "Short"],
      ["scopes", "read"],
      ["last_day", today],
    ]);
    const [key = ""] = (await made.text()).match(KEY_TEXT) ?? [];
    const headers = { authorization: `Bearer ${key}` };
    const midnight = Date.parse(today) + DAY;
    world.now = midnight - 1;
    expect(await reads(world, headers)).toBe(401);
    world.now = midnight - 2;
    expect(await reads(world, headers)).toBe(200);
    world.now = midnight;
    expect(await reads(world, headers)).toBe(401);
    const page = await (await (await aBrowser(world)).open("/settings")).text();
    expect(page).toContain("expired <time");
  });

  it("is refused without a name, without a scope that there is, or for a day that is none or over", async () => {
    const world = createWorld();
    const browser = await aBrowser(world);
    const wrong: [string, string][][] = [
      [["name", "x"]],
      [["scopes", "read"]],
      [
        ["name", " "],
        ["scopes", "read"],
      ],
      [
        ["name", "x"],
        ["scopes", "root"],
      ],
      ...["2020-01-01", "soon", "2026-02-31"].map((day): [string, string][] => [
        ["name", "x"],
        ["scopes", "read"],
        ["last_day", day],
      ]),
    ];
    const before = (await world.json("GET", "/v1/keys")).data.length;
    for (const fields of wrong) expect((await browser.send("/settings/keys", fields)).status, String(fields)).toBe(400);
    expect((await world.json("GET", "/v1/keys")).data).toHaveLength(before);
  });

  it("comes from our own pages alone, and from admins alone", async () => {
    const world = createWorld();
    const { id } = await aKey(world, ["read"], { name: "Stays" });
    const reviewer = await aKey(world, ["ingest", "prompts", "read", "review", "export"]);
    const [admin, other] = [await aBrowser(world), await aBrowser(world, reviewer.key)];
    const before = (await world.json("GET", "/v1/keys")).data;
    for (const from of ["https://evil.example", "null"]) {
      expect((await admin.send("/settings/keys", BOT, from)).status, from).toBe(403);
      expect((await admin.send(`/settings/keys/${id}/revoke`, [], from)).status, from).toBe(403);
    }
    expect((await other.send("/settings/keys", BOT)).status).toBe(403);
    expect((await other.send(`/settings/keys/${id}/revoke`, [])).status).toBe(403);
    expect((await other.open("/settings")).status).toBe(403);
    expect((await world.json("GET", "/v1/keys")).data).toEqual(before);
  });
});

describe("a key revoked by the form", () => {
  it("is named on its button, opens nothing any more, and leaves the list", async () => {
    const world = createWorld();
    const [first, second] = [
      await aKey(world, ["read"], { name: "First one" }),
      await aKey(world, ["read"], { name: "Second one" }),
    ];
    const browser = await aBrowser(world);
    const page = await (await browser.open("/settings")).text();
    const forms = page.split("<form").filter((form) => form.includes(first.id));
    expect(forms).toHaveLength(1);
    expect(forms[0]).toMatch(new RegExp(`action="/settings/keys/${first.id}/revoke"[^]*Revoke First one</button>`));
    const revoked = await browser.send(`/settings/keys/${first.id}/revoke`, []);
    expect([revoked.status, revoked.headers.get("location")]).toEqual([303, "/settings"]);
    expect([await reads(world, first.headers), await reads(world, second.headers)]).toEqual([401, 200]);
    const after = await (await browser.open("/settings")).text();
    expect(after).not.toContain("First one");
    expect(await (await browser.open("/settings?revoked=true")).text()).not.toContain("First one");
    expect(after).toContain("Second one");
    expect((await browser.send(`/settings/keys/${crypto.randomUUID()}/revoke`, [])).status).toBe(404);
  });
});
