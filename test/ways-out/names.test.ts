import { describe, expect, it } from "vitest";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";

const NAME = /Quibble|Zelda/i;

/** Repeats the name in its rewrites, where it was told it. */
const naming = () =>
  modelThat(({ isRating, section }) => {
    if (isRating) return rating(section("reply_to_rate").startsWith(REWRITE) ? 90 : 30);
    return section("customer_message").includes("Quibble") ? `${REWRITE} The bank told Quibble so too.` : REWRITE;
  });

/** @param words that are served once the cluster has heard of all */
async function servedAbout(words: string, ...failures: Parameters<typeof aFailure>[0][]) {
  const world = createWorld({ model: naming() });
  const topic = `names-${crypto.randomUUID()}`;
  await world.correctAll(...failures.map((given) => aFailure({ topic, ...given })));
  world.now += 3_600_000;
  const asked = { customer_message: "Where is it?", topic, examples: 5 };
  let served = "";
  await expect
    .poll(
      async () => {
        // Past the life of the isolate's copy.
        world.now += 65_000;
        served = JSON.stringify(await world.json("POST", "/v1/prompts", asked));
        return served;
      },
      { timeout: 10_000, interval: 300 },
    )
    .toContain(words);
  return served;
}

describe("a name that one text of a failure gives away", () => {
  it("is in no explanation that serves other customers, though nothing there gives it away", async () => {
    const served = await servedAbout(
      "when the money comes back",
      {
        original_prompt: "Hello, my name is Zelda Quibble. Where is my refund?",
        failure_explanation: "It does not tell Quibble when the money comes back.",
      },
      {
        original_prompt: "I sent everything back weeks ago and see no money.",
        failure_explanation: "It does not say the day.",
      },
    );
    expect(served).not.toMatch(NAME);
  });

  it("is in no example, where an earlier turn gives it away", async () => {
    const served = await servedAbout(
      "again: where is the refund",
      {
        conversation: [
          { role: "user", content: "Hello, my name is Zelda Quibble." },
          { role: "assistant", content: "How can I help?" },
        ],
        original_prompt: "It is Quibble again: where is the refund for Zelda?",
      },
      { original_prompt: "I sent everything back weeks ago and see no money." },
    );
    expect(served).not.toMatch(NAME);
  });

  it("is in no topic and no category, spelled with spaces or without", async () => {
    const world = createWorld();
    const customer = { metadata: { customer_name: "Zelda Quibble" } };
    const [first, second] = await world.record(
      aFailure({ ...customer, topic: "refund for Zelda Quibble", failure_category: "rude to Quibble" }),
      aFailure({ ...customer, topic: "zelda_quibble_refund", failure_category: "tone" }),
    );
    const names = async (id = "") => {
      const { topic, failure_category } = await world.json("GET", `/v1/failures/${id}`);
      return { topic, failure_category };
    };
    expect(await names(first)).toEqual({ topic: "refund for [NAME_1]", failure_category: "rude to [NAME_1]" });
    expect(await names(second)).toEqual({ topic: "[NAME_1] refund", failure_category: "tone" });
  });
});
