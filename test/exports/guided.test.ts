import { expect, it, vi } from "vitest";
import { isDrawn } from "../../src/exports/split.ts";
import { log } from "../../src/lib/log.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";
import { readFile } from "./a-file.ts";

it("gives each guided line the system message that a prompt gets, without what was learned from the line's own failure", async () => {
  const model = modelThat(({ isRating, section }) =>
    isRating
      ? rating(section("reply_to_rate").startsWith(REWRITE) ? 90 : 30)
      : `${REWRITE} ${section("customer_message")}`,
  );
  const world = createWorld({ model });
  const topic = `guided-${crypto.randomUUID()}`;
  const told = ["No day was named.", "The parcel's street was wrong.", "It was curt.", "The refund was forgotten."];
  const asked = ["Where is my parcel?", "Which street?", "Why so curt?", "When is my refund?"];
  await world.correctAll(
    ...asked.map((original_prompt, i) =>
      aFailure({
        topic,
        original_prompt,
        failure_category: i % 2 ? "tone" : "missing_date",
        failure_explanation: told[i],
      }),
    ),
  );
  world.now += 60_000;
  const { id } = await world.json("POST", "/v1/exports", { topic, system: "guided" });
  await world.deliver();
  const file = await (await world.call("GET", `/v1/exports/${id}/training_data.jsonl`)).text();
  const lines = file
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).messages);
  expect(lines.length).toBe(asked.length);
  const systems = new Set<string>();
  for (const [system, user] of lines) {
    const served = await world.json("POST", "/v1/prompts", { customer_message: user.content, topic, examples: 0 });
    const own = told[asked.indexOf(user.content)] ?? "?";
    expect(served.messages[0].content).toContain(own);
    expect(system).toEqual({ role: "system", content: served.messages[0].content.replace(`\n- ${own}`, "") });
    expect(system.content).toContain("often fails due to");
    systems.add(system.content);
  }
  // Lessons most like the message come first, so the lines differ.
  expect(systems.size).toBeGreaterThan(1);
});

it("shows no line what was learned from its own failure, or from a held-out failure, alone", async () => {
  const model = modelThat(({ isRating, section }) =>
    isRating
      ? rating(section("reply_to_rate").startsWith(REWRITE) ? 90 : 30)
      : `${REWRITE} ${section("customer_message")}`,
  );
  const world = createWorld({ model, vars: { MIN_EXPORT_RATING: "0" } });
  // This model distils no lessons, which is logged and does not matter here.
  vi.spyOn(log, "warn").mockReturnValue();
  const topic = `held-out-${crypto.randomUUID()}`;
  const fruit = "apple banana cherry damson elder fig grape hazel iris juniper kiwi lemon".split(" ");
  const asked = fruit.map((name) => ["late", "lost", "paid", "sent", "gone"].map((what) => `${name}${what}`).join(" "));
  const told = fruit.map((name) => `The reply did not say when the ${name} basket comes.`);
  await world.correctAll(
    ...asked.map((original_prompt, n) =>
      aFailure({ topic, original_prompt, failure_category: "missing_date", failure_explanation: told[n] }),
    ),
  );
  const validation_fraction = 0.5;
  const heldOut = new Set(asked.filter((message) => isDrawn(message, validation_fraction)));
  expect(heldOut.size).toBeGreaterThan(1);
  expect(heldOut.size).toBeLessThan(asked.length - 1);
  world.now += 60_000;
  const { id } = await world.json("POST", "/v1/exports", { topic, system: "guided", validation_fraction });
  await world.deliver();
  const lines = (
    await Promise.all(["training_data.jsonl", "validation_data.jsonl"].map((name) => readFile(world, id, name)))
  )
    .join("")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).messages as { content: string }[]);
  expect(lines.length).toBe(asked.length);
  let shown = 0;
  for (const [system, user] of lines) {
    for (const [n, explanation] of told.entries()) {
      if (!system?.content.includes(explanation)) continue;
      shown++;
      expect(asked[n]).not.toBe(user?.content);
      expect(heldOut.has(asked[n] ?? "")).toBe(false);
    }
  }
  expect(shown).toBeGreaterThan(0);
});
