import { expect, it } from "vitest";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";

it("gives each guided line the very system message that a prompt for it gets", async () => {
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
    expect(system).toEqual(served.messages[0]);
    expect(system.content).toContain("often fails due to");
    systems.add(system.content);
  }
  // Lessons most like the message come first, so the lines differ.
  expect(systems.size).toBeGreaterThan(1);
});
