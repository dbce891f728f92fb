import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { buildContext } from "../../src/clusters/context/build-context.ts";
import { distillLessons } from "../../src/clusters/lessons/distill-lessons.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld, type World } from "../support/world.ts";

/** Corrections whose gain the failure's explanation names: the test decides the order. */
const ranked = () =>
  modelThat(({ isRating, section }) => {
    if (!isRating) return section("failure_explanation");
    const reply = section("reply_to_rate");
    return reply.startsWith("gain ")
      ? rating(Number(reply.slice(5)))
      : reply.startsWith("unrated")
        ? "no idea"
        : rating(0);
  });

async function walk(world: World, query: string): Promise<{ gain: number | null; id: string }[]> {
  const seen: { gain: number | null; id: string }[] = [];
  let cursor = "";
  do {
    const page = await world.json("GET", `/v1/improvements?limit=2&${query}${cursor}`);
    for (const row of page.data) seen.push({ gain: row.score_gain_estimate, id: row.id });
    cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
  } while (cursor !== "");
  return seen;
}

describe("the leaderboard", () => {
  it("shows the largest gain first, unscored last, each once, over all pages", async () => {
    const world = createWorld({ model: ranked() });
    const topic = `board-${crypto.randomUUID()}`;
    const explain = ["gain 10", "unrated reply", "gain 50", "gain 50", "gain 0"];
    await world.correctAll(...explain.map((failure_explanation) => aFailure({ topic, failure_explanation })));
    const rows = await walk(world, `topic=${topic}`);
    expect(rows.map(({ gain }) => gain)).toEqual([50, 50, 10, 0, null]);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(5);
    expect((await walk(world, `topic=${topic}&min_gain=10`)).map(({ gain }) => gain)).toEqual([50, 50, 10]);
    expect(await walk(world, `topic=${topic}&sort=newest`)).toHaveLength(5);
  });

  it("finds by text without taking % or _ for wildcards", async () => {
    const world = createWorld();
    const topic = `search-${crypto.randomUUID()}`;
    await world.correctAll(
      aFailure({ topic, original_prompt: "Is 100% of it back?" }),
      aFailure({ topic, original_prompt: "Is 1000 back?" }),
    );
    const { data } = await world.json("GET", `/v1/improvements?topic=${topic}&q=${encodeURIComponent("100% OF")}`);
    expect(data.map(({ original_prompt }: { original_prompt: string }) => original_prompt)).toEqual([
      "Is 100% of it back?",
    ]);
  });

  it("is a page that works without scripts and shows no customer's markup", async () => {
    const world = createWorld();
    const topic = `<i>${crypto.randomUUID()}`;
    await world.correctAll(
      aFailure({
        topic,
        original_prompt: '<script>alert("x")</script>',
        context_url: "https://support.example.com/t/1",
      }),
    );
    const response = await world.call("GET", `/?topic=${encodeURIComponent(topic)}`, undefined, {
      accept: "text/html",
    });
    const page = await response.text();
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(page).not.toContain("<script");
    expect(page).toContain("&lt;script&gt;");
    expect(page).toContain("+60");
    expect(page).toContain(REWRITE);
    expect(page).toContain('href="https://support.example.com/t/1"');
    const { data } = await world.json("GET", `/v1/improvements?topic=${encodeURIComponent(topic)}`);
    const detail = await (await world.call("GET", `/improvements/${data[0].id}`)).text();
    expect(detail).not.toContain("<script");
    expect(detail).toContain("What the judge said");
  });

  it("takes a form's empty fields for any, and says what is wrong with others", async () => {
    const world = createWorld();
    expect((await world.call("GET", "/?q=&failure_category=&topic=&min_gain=&sort=score_gain")).status).toBe(200);
    const wrong = await world.call("GET", "/?min_gain=lots", undefined, { accept: "text/html" });
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain("min_gain");
    expect((await world.call("GET", "/improvements/nope", undefined, { accept: "text/html" })).status).toBe(404);
  });
});

describe("an improvement that a person rejected", () => {
  /** Gains of 10, 30 and 50 in one topic; the one of 50 is rejected. */
  async function rejected() {
    const world = createWorld({ model: ranked() });
    await env.DB.prepare("update ai_reply_improvements set is_current = 0").run();
    const topic = `rejected-${crypto.randomUUID()}`;
    const given = { topic, failure_category: topic, metadata: { agent: topic } };
    await world.correctAll(...[10, 30, 50].map((gain) => aFailure({ ...given, failure_explanation: `gain ${gain}` })));
    const { data } = await world.json("GET", `/v1/improvements?topic=${topic}`);
    const { id, version } = data[0];
    expect((await world.call("POST", `/v1/improvements/${id}/review`, { decision: "reject", version })).status).toBe(
      200,
    );
    return { world, topic, id };
  }

  it("counts in no list, total or credit, unless it is asked for", async () => {
    const { world, topic, id } = await rejected();
    const gains = async (query: string) => (await walk(world, `topic=${topic}${query}`)).map(({ gain }) => gain);
    for (const sort of ["score_gain", "mean_gain"]) expect(await gains(`&sort=${sort}`)).toEqual([30, 10]);
    expect(await gains("&sort=newest")).toHaveLength(2);
    expect(await gains("&review=rejected")).toEqual([50]);
    expect(await gains("&review=all")).toEqual([50, 30, 10]);
    expect((await world.call("GET", "/v1/improvements?review=some")).status).toBe(400);

    const left = { improvements: 2, scored: 2, mean_gain: 20, points: 40 };
    const credit = (query = "") => world.json("GET", `/v1/improvements/credit${query}`);
    expect(await credit()).toEqual({
      by_failure_category: [{ failure_category: topic, ...left }],
      by_agent: [{ agent: topic, ...left }],
    });
    const gone = { improvements: 1, scored: 1, mean_gain: 50, points: 50 };
    expect((await credit("?review=rejected")).by_agent).toEqual([{ agent: topic, ...gone }]);
    const both = { improvements: 3, scored: 3, mean_gain: 30, points: 90 };
    expect((await credit("?review=all")).by_agent).toEqual([{ agent: topic, ...both }]);

    const page = async (query = "") => (await world.call("GET", `/?topic=${topic}${query}`)).text();
    const total = (name: string, value: string | number) => `<dt>${name}</dt><dd>${value}</dd>`;
    const shown = await page();
    expect(shown).toContain(total("improved replies", 2));
    expect(shown).toContain(total("mean gain", "+20"));
    expect(shown).toContain(total("better", 2));
    expect(shown).not.toContain(id);
    expect(await page("&q=gain")).toContain(total("mean gain", "+20"));
    expect(await page("&review=all")).toContain(total("mean gain", "+30"));
    expect(await page("&review=rejected")).toContain(id);
  });

  it("counts in no cluster, is no example, and shows the model of lessons nothing", async () => {
    const { world, topic } = await rejected();
    expect(await world.json("GET", `/v1/clusters/${topic}`)).toMatchObject({ improved: 2, mean_gain: 20 });
    const { db } = world.services;
    const cluster = await findCluster(db, topic);
    const clusterId = cluster?.id ?? "";
    const { examples } = await buildContext(db, { cluster_id: clusterId }, [], { minGain: 1, needApproval: false });
    expect(examples.map(({ reply }) => reply)).toEqual(["gain 30"]);
    const asked: string[] = [];
    world.services.model = modelThat(({ section }) => {
      asked.push(section("new_failures"));
      return JSON.stringify({ changes: [] });
    });
    world.now += 3_600_000;
    await distillLessons(world.services, { kind: "distill", subject: clusterId, claim: "mine", tries: 1, asked: 1 });
    expect(asked.join()).toContain("gain 30");
    // Its explanation is still there to learn from, its reply is not.
    expect(asked.join().match(/gain 50/g)).toHaveLength(1);
  });
});
