import { describe, expect, it } from "vitest";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld, type World } from "../support/world.ts";

/** Corrections whose gain the failure's explanation names: the test decides the order. */
const ranked = () =>
  modelThat(({ isRating, section }) => {
    if (!isRating) return section("failure_explanation");
    const reply = section("reply_to_rate");
    return reply.startsWith("gain ")
      ? rating(Number(reply.slice(5)))
      : reply.startsWith("none")
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
    const explain = ["gain 10", "none at all", "gain 50", "gain 50", "gain 0"];
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
