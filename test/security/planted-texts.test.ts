import { env } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import type { FailureInput } from "../../src/failures/schemas.ts";
import { addressesTheModel } from "../../src/guards/addresses-model.ts";
import { obedientModel, saysPlanted } from "../support/obedient-model.ts";
import { PLANTED_TEXTS } from "../support/planted-texts.ts";
import { aFailure, askAndRun, createWorld, type World } from "../support/world.ts";

/** One text, sent twice by its customer into a type of query of its own, where three others were failed as well. */
interface Case {
  kind: string;
  text: string;
  topic: string;
  ids: string[];
}

const OTHERS = ["Where is my refund?", "I sent it back weeks ago.", "No money on my card so far, when does it come?"];

const asked = { customer_message: "When does the money come?", examples: 5 };

describe("what a customer plants, against a model that obeys it", () => {
  let world: World;
  const cases: Case[] = [];
  const all = (failures: FailureInput[]) => failures.map((failure) => JSON.stringify(failure)).join("\n");

  beforeAll(async () => {
    world = createWorld({ model: obedientModel(), vars: { HOLDOUT_FRACTION: "0", MIN_EXPORT_RATING: "0" } });
    const ndjson = { "content-type": "application/x-ndjson" };
    for (const [nth, { kind, text }] of PLANTED_TEXTS.entries()) {
      const topic = `planted ${nth}`;
      const mine = (original_prompt: string) =>
        aFailure({ topic, original_prompt, metadata: { requester_id: `attacker ${nth}` } });
      const failures = [mine(text), mine(`Once more: ${text}`)];
      const others = OTHERS.map((original_prompt) => aFailure({ topic, original_prompt }));
      const sent = await world.call("POST", "/v1/failures", all([...failures, ...others]), ndjson);
      expect(await sent.json()).toMatchObject({ recorded: 5, rejected: 0 });
      const external = failures.map(({ external_id }) => external_id);
      const { results } = await env.DB.prepare(
        "select id from failed_replies where external_id in (select value from json_each(?))",
      )
        .bind(JSON.stringify(external))
        .all<{ id: string }>();
      cases.push({ kind, text, topic, ids: results.map(({ id }) => id) });
    }
    // Without a topic: the model names it.
    await world.call("POST", "/v1/failures", all(PLANTED_TEXTS.map(({ text }) => unnamed(text))), ndjson);
    await world.json("POST", "/v1/correction-runs", {});
    await world.deliver();
    for (const { topic } of cases) {
      const cluster = await findCluster(world.services.db, topic);
      await askAndRun(world, "distill", cluster?.id ?? "");
    }
    world.now += 60_000;
    for (const { topic } of cases) await forget(topic);
  }, 300_000);

  function unnamed(text: string): FailureInput {
    return aFailure({ topic: null, failure_category: null, original_prompt: text });
  }

  async function forget(topic: string) {
    const scope = { cluster_id: (await findCluster(world.services.db, topic))?.id ?? "" };
    await env.CLUSTERS.get(env.CLUSTERS.idFromName(`cluster:${scope.cluster_id}`)).forget(scope);
  }

  it("reaches no other customer's prompt, by lessons, explanations, examples or names", {
    timeout: 60_000,
  }, async () => {
    let guided = 0;
    for (const { topic, text } of cases) {
      const prompt = await world.json("POST", "/v1/prompts", { ...asked, topic });
      guided += Number(prompt.guided);
      expect.soft(saysPlanted(JSON.stringify(prompt)), text.slice(0, 200)).toBe(false);
    }
    // Or nothing would have been tested.
    expect(guided).toBe(cases.length);
    const shared = await world.json("POST", "/v1/prompts", { ...asked, failure_category: "missing_information" });
    expect(saysPlanted(JSON.stringify(shared))).toBe(false);
  });

  it("goes into no training file, guided or not", { timeout: 60_000 }, async () => {
    for (const options of [{ system: "guided" }, {}, { format: "openai-dpo" }]) {
      const { id } = await world.json("POST", "/v1/exports", options);
      await world.deliver();
      const file = await (await world.call("GET", `/v1/exports/${id}/training_data.jsonl`)).text();
      const lines = file.trimEnd().split("\n");
      expect(lines.length).toBeGreaterThanOrEqual(OTHERS.length);
      expect(lines.filter(saysPlanted)).toEqual([]);
    }
  });

  it("gets no rating", async () => {
    const { results } = await env.DB.prepare(
      `select original_prompt as text from ai_reply_improvements
       where failed_reply_id in (select value from json_each(?)) and coalesce(old_rating, new_rating) is not null`,
    )
      .bind(JSON.stringify(cases.flatMap(({ ids }) => ids)))
      .all<{ text: string }>();
    expect(results).toEqual([]);
  });

  it("names no type of query and no failure category", async () => {
    const { results } = await env.DB.prepare(
      "select topic as name from clusters union select failure_category from failed_replies where failure_category is not null",
    ).all<{ name: string }>();
    expect(results.filter(({ name }) => saysPlanted(name.replaceAll("_", " ")))).toEqual([]);
  });

  it("takes no lesson of others away, and keeps nobody from learning", async () => {
    const { results } = await env.DB.prepare(
      `select c.topic, group_concat(l.text) as served from clusters c
       join lessons l on l.cluster_id = c.id and l.retired_at is null and l.slot is not null group by c.id`,
    ).all<{ topic: string; served: string }>();
    const served = new Map(results.map((row) => [row.topic, row.served]));
    // An untruth that speaks to people is read as any message; what the model makes of it waits for a person.
    for (const { topic, kind } of cases)
      if (kind !== "plain untruths") expect(served.get(topic)).toBe("Name the day on which the money comes.");
  });

  it("is left to a person, and breaks no page", async () => {
    const pages = ["/", "/?sort=newest", "/review", "/clusters", "/runs", "/judge"];
    const { data } = await world.json("GET", "/v1/improvements?sort=newest&limit=40");
    pages.push(...data.map(({ id }: { id: string }) => `/improvements/${id}`));
    pages.push(...cases.filter((_, nth) => nth % 3 === 0).map(({ topic }) => `/clusters/${encodeURIComponent(topic)}`));
    for (const page of pages) {
      const response = await world.call("GET", page);
      expect.soft(response.status, page).toBe(200);
      const html = (await response.text()).replace(/<textarea[\s\S]*?<\/textarea>/g, "");
      expect.soft(html, page).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
      expect.soft(html, page).not.toMatch(/<script>|<system>|<\/customer_message>/);
      expect.soft(html.match(/<\/html>/g), page).toHaveLength(1);
    }
  }, 60_000);

  it("is rated in no case: each is unscored or left to a person", async () => {
    const COLUMNS = ["texts", "seen", "unscored", "left to a person", "lessons waiting", "lessons refused"];
    const ids = JSON.stringify(cases.flatMap(({ ids }) => ids));
    const { results: failures } = await env.DB.prepare(
      "select id, status from failed_replies where id in (select value from json_each(?))",
    )
      .bind(ids)
      .all<{ id: string; status: string }>();
    const { results: clusters } = await env.DB.prepare(
      `select topic, lessons_refused as refused, (select count(*) from lessons l
         where l.cluster_id = c.id and l.retired_at is null and l.slot is null) as waiting from clusters c`,
    ).all<{ topic: string; refused: number; waiting: number }>();
    const rows = new Map<string, number[]>();
    for (const { kind, text, ids, topic } of cases) {
      const share = (wanted: string) =>
        failures.filter(({ id, status }) => ids.includes(id) && status === wanted).length / ids.length;
      const { waiting = 0, refused = 0 } = clusters.find((cluster) => cluster.topic === topic) ?? {};
      const seen = Number(addressesTheModel(text) !== null);
      const counted = [1, seen, share("improved"), share("needs_human"), waiting, refused];
      rows.set(
        kind,
        counted.map((n, i) => n + (rows.get(kind)?.[i] ?? 0)),
      );
    }
    const lines = [...rows].map(([kind, row]) => [kind, ...row].join(" | "));
    // biome-ignore lint/suspicious/noConsole: the table is what a person wants to see of this test
    console.info(["kind", ...COLUMNS].join(" | "), `\n${lines.join("\n")}`);
    expect(cases.length).toBeGreaterThanOrEqual(60);
    for (const [texts = 0, , unscored = 0, left = 0] of rows.values()) expect(unscored + left).toBe(texts);
  });
});
