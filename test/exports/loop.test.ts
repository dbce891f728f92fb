import { afterEach, expect, it, vi } from "vitest";
import { createOpenAiModel } from "../../src/llm/openai.ts";
import { repeatingFailures } from "../support/repeating.ts";
import { standInFetch } from "../support/stand-in.ts";
import { createWorld } from "../support/world.ts";

afterEach(() => vi.unstubAllGlobals());

it("goes from failures to a tuned model that answers the bot, compared on what it has not seen", async () => {
  const standIn = standInFetch();
  vi.stubGlobal("fetch", standIn.fetch);
  const baseUrl = "http://127.0.0.1:9/v1";
  const model = createOpenAiModel({ apiKey: "", baseUrl, clock: Date.now, fetch: standIn.fetch });
  const vars = {
    ...{ CORRECTION_MODEL: "stand-in", JUDGE_MODEL: "stand-in", BOT_MODEL: "stand-in", FINE_TUNE_BASE_URL: baseUrl },
    ...{ MIN_EXPORT_RATING: "0" },
  };
  const world = createWorld({ model, vars });
  world.services.fetch = standIn.fetch;
  const failures = repeatingFailures().map((failure) => JSON.stringify(failure));
  const imported = await world.call("POST", "/v1/failures", failures.join("\n"), {
    "content-type": "application/x-ndjson",
  });
  expect(await imported.json()).toMatchObject({ recorded: failures.length });
  await world.json("POST", "/v1/correction-runs", {});
  await world.deliver();
  const { id: export_id } = await world.json("POST", "/v1/exports", { validation_fraction: 0.4 });
  await world.deliver();
  const { id } = await world.json("POST", "/v1/fine-tunes", {
    ...{ export_id, base_model: "stand-in", method: "supervised", suffix: "support" },
  });
  for (let i = 0; i < 6; i++) {
    await world.deliver();
    world.now += 60_000;
    await world.sweep();
  }
  const tuned = await world.json("GET", `/v1/fine-tunes/${id}`);
  expect(tuned).toMatchObject({ status: "succeeded", model: expect.stringMatching(/^ft:stand-in:redraft:support:/) });

  await world.json("POST", `/v1/fine-tunes/${id}/comparison`, {});
  await world.deliver();
  const compared = await world.json("GET", `/v1/fine-tunes/${id}/comparison`);
  expect(compared).toMatchObject({ status: "done", open: 0, unscored: {}, unseen: { held_out: compared.n } });
  // What it was taught for a message alike serves better than a placeholder: a real difference, counted by rules.
  expect(compared.tuned_rating).toBeGreaterThan(compared.base_rating);
  expect(compared.wins).toBeGreaterThan(compared.losses);
  const inClusters = compared.clusters.reduce((sum: number, cluster: { n: number }) => sum + cluster.n, 0);
  expect(inClusters).toBe(compared.n);

  await world.json("PUT", "/v1/bot-model", { fine_tune_id: id });
  const chat = (named: string) => {
    const messages = [{ role: "user", content: "Where is my refund? I sent the jacket back two weeks ago." }];
    return world.call("POST", "/v1/chat/completions", { model: named, messages });
  };
  const answer = await chat("redraft");
  expect(answer.headers.get("x-redraft-model")).toBe(tuned.model);
  const told = await answer.json<{ model: string; choices: { message: { content: string } }[] }>();
  expect(told.model).toBe(tuned.model);
  expect(told.choices[0]?.message.content).not.toContain("placeholder");
  await world.json("DELETE", "/v1/bot-model");
  expect((await chat("redraft")).headers.get("x-redraft-model")).toBe("stand-in");
});
