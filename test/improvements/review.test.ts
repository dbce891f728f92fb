import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { wordDiff } from "../../src/ui/diff.tsx";
import { aKey } from "../access/a-key.ts";
import { comparison, modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld, type World } from "../support/world.ts";

const AGENT =
  "Your refund of $24.90 left our account on 3 March, and because your bank books such payments only on working days, " +
  "it will show up in your account after five working days at the latest; please write to us if it does not.";
const EDIT = "We have arranged all of this for you, and there is nothing more to do on your side.";

async function improved(world: World, given: Parameters<typeof aFailure>[0] = {}) {
  const topic = `review-${crypto.randomUUID()}`;
  await world.correctAll(aFailure({ topic, agent_reply: AGENT, ...given }));
  const find = async () => (await world.json("GET", `/v1/improvements?topic=${topic}`)).data[0];
  return { topic, find, row: await find() };
}

const reviewsOf = async (id: string) =>
  (await env.DB.prepare("select * from reviews where improvement_id = ? order by version").bind(id).all()).results;

describe("a review", () => {
  it("keeps who decided what, and the second of two reviewers is told", async () => {
    const world = createWorld();
    const { row, find } = await improved(world);
    const path = `/v1/improvements/${row.id}/review`;
    const { headers } = await aKey(world, ["review"], { name: "Ada" });
    const typed = { decision: "approve", reviewer: "Grace", version: row.version };
    const refused = await world.call("POST", path, typed, headers);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ errors: [{ pointer: "/reviewer", detail: "is not a known field" }] });
    const first = await world.call("POST", path, { decision: "approve", version: row.version }, headers);
    expect(first.status).toBe(200);
    expect(await first.json()).toMatchObject({ review_status: "approved", version: row.version + 1 });
    const second = await world.call("POST", path, { decision: "reject", note: "No.", version: row.version });
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ detail: expect.stringContaining("Ada approved it at") });
    expect((await find()).review_status).toBe("approved");
    expect(await reviewsOf(row.id)).toMatchObject([{ decision: "approve", decided_by: "Ada", replaced_reply: null }]);
  });

  it("lets one of many at once win, and overwrites nothing", async () => {
    const world = createWorld();
    const { row, find } = await improved(world);
    const keys = await Promise.all(
      Array.from({ length: 6 }, (_, i) => aKey(world, ["review"], { name: `Reviewer ${i}` })),
    );
    const answers = await Promise.all(
      keys.map(({ headers }, i) => {
        const review = { decision: i % 2 === 0 ? "approve" : "reject", version: row.version };
        return world.call("POST", `/v1/improvements/${row.id}/review`, review, headers);
      }),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409, 409, 409]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect(await reviewsOf(row.id)).toMatchObject([{ decided_by: `Reviewer ${winner}` }]);
    expect((await find()).review_status).toBe(winner % 2 === 0 ? "approved" : "rejected");
  });

  it("can be changed by who has seen the decision", async () => {
    const world = createWorld();
    const { row } = await improved(world);
    const path = `/v1/improvements/${row.id}/review`;
    await world.json("POST", path, { decision: "approve", version: row.version });
    expect(await world.json("POST", path, { decision: "reject", version: row.version + 1 })).toMatchObject({
      review_status: "rejected",
    });
    expect(await reviewsOf(row.id)).toHaveLength(2);
  });

  it("of a version that a redo replaced is refused", async () => {
    const world = createWorld();
    const { row } = await improved(world);
    await env.DB.prepare("update ai_reply_improvements set is_current = 0 where id = ?").bind(row.id).run();
    const answer = await world.call("POST", `/v1/improvements/${row.id}/review`, {
      decision: "approve",
      version: row.version,
    });
    expect(answer.status).toBe(409);
    expect(await reviewsOf(row.id)).toEqual([]);
  });

  it("keeps an edit with the text it replaced, and marks the numbers as those of the old text", async () => {
    const world = createWorld();
    const { row, find } = await improved(world);
    await world.json("POST", `/v1/improvements/${row.id}/review`, {
      decision: "approve",
      corrected_reply: EDIT,
      version: row.version,
    });
    expect(await find()).toMatchObject({ corrected_reply: EDIT, edited: true, new_rating: 90 });
    expect(await reviewsOf(row.id)).toMatchObject([{ replaced_reply: REWRITE }]);
    const page = await (await world.call("GET", `/improvements/${row.id}`)).text();
    expect(page).toContain("Edited and approved");
    expect(page).toContain(REWRITE);
  });

  it("leaves nothing of the text when its improvement is erased", async () => {
    const world = createWorld();
    const { row } = await improved(world);
    const edited = { decision: "approve", corrected_reply: EDIT, version: row.version };
    await world.json("POST", `/v1/improvements/${row.id}/review`, edited);
    await env.DB.prepare("delete from ai_reply_improvements where id = ?").bind(row.id).run();
    expect(await reviewsOf(row.id)).toEqual([]);
  });

  it("refuses an edit that a guard refuses, and changes nothing", async () => {
    const world = createWorld();
    const { row, find } = await improved(world);
    for (const corrected_reply of [AGENT, "Good news: we have sent you $99.99 today.", "undefined"]) {
      const answer = await world.call("POST", `/v1/improvements/${row.id}/review`, {
        decision: "approve",
        corrected_reply,
        version: row.version,
      });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ errors: [{ pointer: "/corrected_reply" }] });
    }
    expect(await find()).toMatchObject({ corrected_reply: REWRITE, review_status: "unreviewed" });
  });

  it("refuses what makes no sense", async () => {
    const world = createWorld();
    const { row } = await improved(world);
    const path = `/v1/improvements/${row.id}/review`;
    for (const body of [
      {},
      { decision: "approve" },
      { decision: "maybe", version: 1 },
      { decision: "reject", corrected_reply: EDIT, version: 1 },
      { decision: "approve", version: 1, colour: "red" },
    ])
      expect((await world.call("POST", path, body)).status).toBe(400);
    const missing = `/v1/improvements/${crypto.randomUUID()}/review`;
    expect((await world.call("POST", missing, { decision: "approve", version: 1 })).status).toBe(404);
  });

  it("decides what is exported", async () => {
    const world = createWorld({ vars: { REQUIRE_REVIEW: "true" } });
    const { row, topic } = await improved(world);
    const exported = async () => {
      const { id } = await world.json("POST", "/v1/exports", { topic });
      await world.deliver();
      return world.json("GET", `/v1/exports/${id}`);
    };
    expect(await exported()).toMatchObject({ rows: 0, skipped: { not_approved: 1 } });
    const path = `/v1/improvements/${row.id}/review`;
    await world.json("POST", path, { decision: "approve", version: row.version });
    expect((await exported()).rows).toBe(1);
    await world.json("POST", path, { decision: "reject", version: row.version + 1 });
    expect(await exported()).toMatchObject({ rows: 0, skipped: { rejected: 1 } });
  });
});

describe("the review page", () => {
  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
  const asForm = {
    "content-type": "application/x-www-form-urlencoded",
    origin: "http://localhost",
    accept: "text/html",
  };

  it("shows the most doubtful first, goes on by skipping, and says when it is through", async () => {
    const world = createWorld();
    await env.DB.prepare("update ai_reply_improvements set review_status = 'approved'").run();
    const sure = await improved(world);
    world.services.model = modelThat(
      ({ isRating, section }) => {
        if (!isRating) return REWRITE;
        return rating(section("reply_to_rate") === REWRITE ? 90 : 30);
      },
      ({ section }) => comparison(section("reply_a") === REWRITE ? "B" : "A"),
    );
    const lost = await improved(world, { original_prompt: '<script>alert("x")</script>' });
    const first = await (await world.call("GET", "/review")).text();
    expect(first).toContain(lost.row.id);
    expect(first).toContain("prefers the old reply in both orders");
    expect(first).not.toContain("<script>alert");
    const after = /href="\/review\?after=([^"]+)"/.exec(first)?.[1];
    const second = await (await world.call("GET", `/review?after=${after}`)).text();
    expect(second).toContain(sure.row.id);
    const end = /href="\/review\?after=([^"]+)"/.exec(second)?.[1];
    expect(await (await world.call("GET", `/review?after=${end}`)).text()).toContain("That was the last one");
  });

  it("decides by a plain form, goes to the next, and shows a late reviewer what they wrote", async () => {
    const world = createWorld();
    const { row, find } = await improved(world);
    const path = `/improvements/${row.id}/review`;
    const version = String(row.version);
    const refused = await world.call(
      "POST",
      path,
      form({ decision: "edit", corrected_reply: AGENT, version, cursor: "" }),
      asForm,
    );
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("A guard refuses the edited reply");
    const unchanged = form({ decision: "edit", corrected_reply: `${REWRITE}\r\n`, version });
    const { headers } = await aKey(world, ["review"], { name: "Grace" });
    const saved = await world.call("POST", path, unchanged, { ...asForm, ...headers });
    expect(saved.status).toBe(303);
    expect(saved.headers.get("location")).toBe("/review");
    expect(await find()).toMatchObject({ review_status: "approved", edited: false });
    const late = await world.call("POST", path, form({ decision: "reject", version, note: "My thoughts" }), asForm);
    expect(late.status).toBe(409);
    const page = await late.text();
    expect(page).toContain("Someone else was first: Grace approved it");
    expect(page).toContain("My thoughts");
  });

  it("lists failures left to people with the reason", async () => {
    const world = createWorld({ model: modelThat(() => "Error: rate limit exceeded") });
    await world.correctAll(aFailure({ original_prompt: "Left to a person?" }));
    const page = await (await world.call("GET", "/review")).text();
    expect(page).toContain("Left to a person?");
    expect(page).toContain("The rewrite was refused twice");
  });
});

describe("credit", () => {
  it("adds up by failure category and by agent", async () => {
    const world = createWorld();
    const failure_category = `category-${crypto.randomUUID()}`;
    const agent = `Agent ${crypto.randomUUID()}`;
    await world.correctAll(
      aFailure({ failure_category, metadata: { agent } }),
      aFailure({ failure_category, metadata: { agent: { id: 7 } } }),
    );
    const credit = await world.json("GET", "/v1/improvements/credit");
    const numbers = (improvements: number) => ({ improvements, scored: improvements, mean_gain: 60 });
    expect(credit.by_failure_category).toContainEqual({ failure_category, ...numbers(2), points: 120 });
    expect(credit.by_agent).toContainEqual({ agent, ...numbers(1), points: 60 });
    expect(await (await world.call("GET", "/")).text()).toContain(agent);
  });
});

describe("a word diff", () => {
  it("tells what each text has alone, and gives each back whole", () => {
    const { one, other } = wordDiff("Please check our website now.", "Please call our office now.");
    expect(one.filter(({ only }) => only).map(({ text }) => text)).toEqual(["check", "website"]);
    expect(other.map(({ text }) => text).join("")).toBe("Please call our office now.");
  });

  it("does not take long for long texts with nothing in common", () => {
    const words = (word: string) => Array.from({ length: 8_000 }, (_, i) => `${word}${i}`).join(" ");
    const { one } = wordDiff(words("a"), words("b"));
    expect(one).toEqual([{ text: words("a"), only: false }]);
  });
});
