import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import type { AuditItem } from "../../../src/judge/audit/schemas.ts";
import { aKey } from "../../access/a-key.ts";
import { modelThat, rating } from "../../support/model.ts";
import { aFailure, createWorld, type World } from "../../support/world.ts";

/** Rewrites to a reply that names its worth, as the old replies do; the judge rates by that. */
const model = () =>
  modelThat(({ isRating, section }) => {
    if (isRating) return rating(Number(/worth (\d+)/.exec(section("reply_to_rate"))?.[1] ?? 0));
    return `Improved, for ${section("customer_message")}: worth 80.`;
  });

beforeEach(async () => {
  const tables = ["audit_labels", "audit_items", "audit_draws", "reviews", "ai_reply_improvements", "failed_replies"];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`delete from ${table}`)));
});

/** A world with improvements that the judge rates 40 points better. */
async function improved(count: number) {
  const world = createWorld({ model: model() });
  const ids = await world.correctAll(
    ...Array.from({ length: count }, (_, n) =>
      aFailure({ original_prompt: `Question ${n}?`, ai_reply: `Old, for ${n}: worth 40.` }),
    ),
  );
  return { world, ids };
}

const headersOf = new Map<string, Record<string, string>>();

/** The headers of a person who has a key of this name. */
async function as(world: World, name: string) {
  const headers = headersOf.get(name) ?? (await aKey(world, ["review"], { name })).headers;
  headersOf.set(name, headers);
  return headers;
}

const next = async (world: World, reviewer: string) => {
  const answer = await world.call("GET", "/v1/audit/next", undefined, await as(world, reviewer));
  return ((await answer.json()) as { item: AuditItem }).item;
};

const label = async (world: World, reviewer: string, id: string, body: object) =>
  world.call("POST", `/v1/audit/items/${id}/labels`, body, await as(world, reviewer));

type Ratings = (message: string) => { old: number; new: number };

/** Rates the next items of a person, who sees which reply is which by its text. */
async function rate(world: World, reviewer: string, count: number, ratings: Ratings = () => ({ old: 2, new: 4 })) {
  const seen: { id: string; newFirst: boolean }[] = [];
  for (let i = 0; i < count; i++) {
    const item = await next(world, reviewer);
    if (item === null) break;
    const newFirst = item.first.startsWith("Improved");
    const { old, new: improvedRating } = ratings(item.customer_message);
    const [first, second] = newFirst ? [improvedRating, old] : [old, improvedRating];
    const better = first === second ? "equal" : first > second ? "first" : "second";
    const answer = await label(world, reviewer, item.id, { better, first, second });
    expect(answer.status, await answer.text()).toBe(201);
    seen.push({ id: item.id, newFirst });
  }
  return seen;
}

const audit = async (world: World) => (await world.json("GET", "/v1/judge/calibration")).audit;

describe("the audit's items", () => {
  it("do not say which reply is the old one, and come in both orders", async () => {
    const { world } = await improved(12);
    const item = await next(world, "Kim");
    expect(Object.keys(item).toSorted()).toEqual(
      ["agent_reply", "conversation", "customer_message", "first", "id", "second"].toSorted(),
    );
    const improvements = await world.json("GET", "/v1/improvements?limit=100");
    const page = await (await world.call("GET", "/audit", undefined, await as(world, "Kim"))).text();
    for (const { id, failure_id } of improvements.data) {
      expect(JSON.stringify(item) + page).not.toContain(id);
      expect(JSON.stringify(item) + page).not.toContain(failure_id);
    }
    const seen = await rate(world, "Kim", 12);
    expect(seen).toHaveLength(12);
    // All in one order: once in 2,000 runs.
    expect(new Set(seen.map(({ newFirst }) => newFirst)).size).toBe(2);
  });

  it("come to a person once, whatever the letters of the name, and stay the same until they are rated", async () => {
    const { world } = await improved(5);
    const first = await next(world, "Kim");
    expect(await next(world, "Kim")).toEqual(first);
    const seen = await rate(world, "Kim", 9);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(5);
    expect(await next(world, "Kim")).toBeNull();
    expect(await next(world, "  kim ")).toBeNull();
    const again = { better: "equal", first: 3, second: 3 };
    expect((await label(world, "KIM", first.id, again)).status).toBe(409);
    expect((await world.json("GET", "/v1/audit/labels")).data).toHaveLength(5);
  });

  it("go to two people where agreement is asked for, and to no third", async () => {
    const { world } = await improved(8);
    expect(await rate(world, "Kim", 20)).toHaveLength(8);
    const twice = await rate(world, "Sam", 20);
    expect(twice).toHaveLength(2);
    expect(await next(world, "Alex")).toBeNull();
    expect((await audit(world)).agreement.items).toBe(2);
  });

  it("hold new improvements too, each with a probability that is kept", async () => {
    const { world } = await improved(30);
    await rate(world, "Kim", 20);
    const before = (await world.json("GET", "/v1/audit/labels?limit=100")).data;
    expect(new Set(before.map((row: { inclusion_probability: number }) => row.inclusion_probability))).toEqual(
      new Set([20 / 30]),
    );
    await world.correctAll(
      ...Array.from({ length: 30 }, (_, n) =>
        aFailure({ original_prompt: `Newer ${n}?`, ai_reply: `Old, for ${n}: worth 40.` }),
      ),
    );
    expect(await audit(world)).toMatchObject({ population: 60, covered: 30 });
    await rate(world, "Kim", 20);
    expect(await audit(world)).toMatchObject({ population: 60, covered: 60, rated: 40 });
    const page = (await world.json("GET", "/v1/audit/labels?limit=20")).data;
    expect(
      page.map((row: { draw: number; inclusion_probability: number }) => [row.draw, row.inclusion_probability]),
    ).toEqual(page.map(() => [2, 20 / 40]));
  });

  it("are drawn once by two people who begin at the same moment", async () => {
    const { world } = await improved(30);
    await Promise.all([next(world, "Kim"), next(world, "Sam"), next(world, "Alex")]);
    const { draws, items } = (await env.DB.prepare(
      "select (select count(*) from audit_draws) as draws, (select count(*) from audit_items) as items",
    ).first<{ draws: number; items: number }>()) ?? { draws: 0, items: 0 };
    expect({ draws, items }).toEqual({ draws: 1, items: 20 });
  });

  it("do not prefer the doubtful", async () => {
    const { world } = await improved(40);
    // The most doubtful first would take the lower half of these alone.
    await env.DB.prepare("update ai_reply_improvements set doubt = seq").run();
    const half = await env.DB.prepare(
      "select seq from ai_reply_improvements order by seq limit 1 offset 20",
    ).first<number>("seq");
    const drawn: number[] = [];
    for (let draw = 0; draw < 10; draw++) {
      await env.DB.batch(["audit_items", "audit_draws"].map((table) => env.DB.prepare(`delete from ${table}`)));
      await next(world, "Kim");
      const below = await env.DB.prepare(
        "select count(*) n from audit_items a join ai_reply_improvements i on i.id = a.improvement_id where i.seq < ?",
      )
        .bind(half)
        .first<number>("n");
      drawn.push(below ?? 0);
    }
    const sum = drawn.reduce((a, b) => a + b, 0);
    // Of 200 about 100, with a standard deviation of 5.1 (hypergeometric).
    expect(sum).toBeGreaterThan(70);
    expect(sum).toBeLessThan(130);
  });
});

describe("a label", () => {
  it("is kept under the caller's name, and takes no other", async () => {
    const { world } = await improved(2);
    const { id } = await next(world, "Kim");
    const fields = { better: "equal", first: 3, second: 3 };
    const typed = await label(world, "Kim", id, { ...fields, reviewer: "Sam" });
    expect(typed.status).toBe(400);
    expect(await typed.json()).toMatchObject({ errors: [{ pointer: "/reviewer", detail: "is not a known field" }] });
    const asked = await world.call("GET", "/v1/audit/next?reviewer=Sam", undefined, await as(world, "Kim"));
    expect(asked.status).toBe(400);
    expect(await asked.json()).toMatchObject({ errors: [{ pointer: "?reviewer", detail: "is not a known field" }] });
    expect((await label(world, "Kim", id, fields)).status).toBe(201);
    const { data } = await world.json("GET", "/v1/audit/labels");
    expect(data).toMatchObject([{ reviewer: "Kim" }]);
  });

  it("has to fit its ratings, and be of an item", async () => {
    const { world } = await improved(2);
    const { id } = await next(world, "Kim");
    for (const wrong of [
      { better: "first" },
      { better: "second", first: 4, second: 2 },
      { better: "equal", first: 4, second: 2 },
      { better: "first", first: 6, second: 2 },
      { better: "first", first: 2.5, second: 2 },
      { better: "best", first: 2, second: 2 },
    ])
      expect((await label(world, "Kim", id, wrong)).status, JSON.stringify(wrong)).toBe(400);
    expect((await world.json("GET", "/v1/audit/labels")).data).toEqual([]);
    const fine = { better: "second", first: 3, second: 3 };
    expect((await label(world, "Kim", crypto.randomUUID(), fine)).status).toBe(404);
    expect((await label(world, "Kim", id, fine)).status).toBe(201);
  });

  it("says of the old and the new reply what was said of the first and the second", async () => {
    const { world } = await improved(6);
    await rate(world, "Kim", 6, () => ({ old: 1, new: 5 }));
    const { data } = await world.json("GET", "/v1/audit/labels");
    expect(data.map((row: Record<string, unknown>) => [row.old_rating, row.new_rating, row.better])).toEqual(
      data.map(() => [1, 5, "new"]),
    );
    expect((await audit(world)).gain.people.value).toBeCloseTo(100, 6);
  });

  it("of somebody who cannot tell counts as no rating, and brings the item to another person", async () => {
    const { world } = await improved(1);
    const { id } = await next(world, "Kim");
    expect((await label(world, "Kim", id, { better: "unsure" })).status).toBe(201);
    expect(await next(world, "Kim")).toBeNull();
    expect(await audit(world)).toMatchObject({ rated: 0, unsure: 1, gain: { people: null } });
    expect((await next(world, "Sam")).id).toBe(id);
  });
});

describe("the audited gain", () => {
  it("is shown three ways, and concludes only where the ratings reach", async () => {
    const { world } = await improved(45);
    expect(await audit(world)).toMatchObject({ concludes: false, gain: { judge: { value: 40, n: 45 }, people: null } });
    // People see a tenth of a point in ten of the gain that the judge sees.
    const ratings: Ratings = (message) => ({ old: 3, new: /[02468]\?$/.test(message) ? 4 : 3 });
    await rate(world, "Kim", 12, ratings);
    const early = await audit(world);
    expect(early).toMatchObject({ concludes: false, rated: 12 });
    expect(early.conclusion).toContain("too few to conclude anything");
    expect(early.gain.people.low).toBeLessThan(early.gain.people.value);
    await rate(world, "Kim", 30, ratings);
    const late = await audit(world);
    expect(late).toMatchObject({ concludes: true, rated: 42, people: 1 });
    expect(late.gain.prediction_powered.low).toBeGreaterThan(0);
    expect(late.gain.prediction_powered.high).toBeLessThan(40);
    expect(late.conclusion).toMatch(
      /^By people's ratings the improved replies are better: .* The judge alone says 40.0: at least /,
    );
    const page = await (await world.call("GET", "/judge")).text();
    expect(page).toContain(late.conclusion.replaceAll("'", "&#39;"));
  });

  it("loses what was erased, withdrawn, rejected, edited or written again, with what people said of it", async () => {
    const { world, ids } = await improved(10);
    await rate(world, "Kim", 10);
    expect(await audit(world)).toMatchObject({ population: 10, rated: 10 });
    expect((await world.json("DELETE", `/v1/failures/${ids[0]}`)).removed.audit_labels).toBe(1);
    const left = await env.DB.prepare(
      "select (select count(*) from audit_items) as items, (select count(*) from audit_labels) as labels",
    ).first();
    expect(left).toEqual({ items: 9, labels: 9 });
    expect(await audit(world)).toMatchObject({ population: 9, rated: 9 });

    const { data } = await world.json("GET", "/v1/improvements?limit=100");
    const review = (at: number, body: object) =>
      world.call("POST", `/v1/improvements/${data[at].id}/review`, { ...body, version: data[at].version });
    await review(0, { decision: "reject" });
    expect(await audit(world)).toMatchObject({ population: 8, rated: 8 });
    await review(1, { decision: "approve", corrected_reply: "Edited: your order is on its way." });
    expect(await audit(world)).toMatchObject({ population: 7, rated: 7 });

    await env.DB.prepare("update failed_replies set channel = 'bad' where id = ?").bind(data[2].failure_id).run();
    const withdrawal = await world.json("POST", "/v1/withdrawals", {
      ...{ channel: "bad", mode: "withdraw", reason: "A bad one." },
    });
    await world.deliver();
    expect(await audit(world)).toMatchObject({ population: 6, rated: 6, drawn: 6 });
    await world.call("POST", `/v1/withdrawals/${withdrawal.id}/undo`);
    await world.deliver();
    expect(await audit(world)).toMatchObject({ population: 7, rated: 7 });
  });
});

describe("the audit's page", () => {
  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
  const FORM = { "content-type": "application/x-www-form-urlencoded", origin: "http://localhost" };

  it("takes a rating without any script, and asks for no name", async () => {
    const { world } = await improved(2);
    const page = await (await world.call("GET", "/audit")).text();
    expect(page).not.toContain("reviewer");
    expect(page).toContain("ADMIN_KEY: 0 done");
    const [, id = ""] = /action="\/audit\/items\/([^"]+)"/.exec(page) ?? [];
    expect(page.match(/type="radio"/g)).toHaveLength(10);
    const post = (fields: Record<string, string>) => world.call("POST", `/audit/items/${id}`, form(fields), FORM);
    const wrong = await post({ better: "first", first: "2", second: "4" });
    expect(wrong.status).toBe(400);
    const shown = await wrong.text();
    expect(shown).toContain("does not fit the ratings");
    expect(shown).toContain(`/audit/items/${id}`);
    expect(shown.match(/checked=""/g)).toHaveLength(2);
    const kept = await post({ better: "second", first: "2", second: "4" });
    expect([kept.status, kept.headers.get("location")]).toEqual([303, "/audit"]);
    const again = await post({ better: "unsure", first: "2" });
    expect(again.status).toBe(409);
    const following = await again.text();
    expect(following).toContain("has rated this one already");
    expect(following).not.toContain(`/audit/items/${id}`);
  });
});
