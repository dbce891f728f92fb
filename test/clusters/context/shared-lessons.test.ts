import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { sharedLessons } from "../../../src/clusters/context/shared-lessons.ts";
import { aFailure, createWorld } from "../../support/world.ts";

describe("lessons that hold across clusters", () => {
  let made = 0;
  const of = (cluster_id: string, text: string, pinned = false) => {
    made += 1;
    return { id: `lesson-${made}`, cluster_id, failure_category: "missing_information", text, pinned };
  };
  const texts = (given: Parameters<typeof sharedLessons>[0]) => sharedLessons(given).map(({ text }) => text);

  it("are those that several learned, each for itself; in a person's wording where there is one", () => {
    const shared = [
      of("a", "Name the day when the customer can expect it."),
      of("b", "Name the day when the customer can expect the money."),
      of("c", "Always name the day the customer can expect it.", true),
    ];
    expect(texts([...shared, of("a", "Never ask for bank details."), of("d", "Send the invoice as PDF.")])).toEqual([
      "Always name the day the customer can expect it.",
    ]);
  });

  it("are not those that one cluster repeats, nor those of two", () => {
    const text = "Name the day when the customer can expect it.";
    expect(texts([of("a", text), of("a", `${text}!`), of("a", text), of("b", text)])).toEqual([]);
  });

  it("are given, marked as shared, where no cluster is clear", async () => {
    const world = createWorld();
    const suffix = crypto.randomUUID();
    const only = { one: "Refunds need no form.", two: "Cards go out by post.", three: "Never call the bank." };
    for (const [name, own] of Object.entries(only)) {
      const topic = `${name}-${suffix}`;
      await world.record(aFailure({ topic }));
      const lessons = [{ text: `Say who will write back (${name}), and when.` }, { text: own }];
      await world.json("PUT", `/v1/clusters/${topic}/guidance`, { version: 0, lessons });
    }
    await env.CLUSTERS.get(env.CLUSTERS.idFromName("all")).forget("all");
    const prompt = await world.json("POST", "/v1/prompts", { customer_message: "Völlig anderes" });
    expect(prompt).toMatchObject({ cluster: null, guided: true, shared: true });
    expect(prompt.messages[0].content).toMatch(/across all types of query/);
    expect(prompt.messages[0].content).toMatch(/in several types of query[\s\S]*- Say who will write back/);
    expect(prompt.messages[0].content).not.toMatch(/Refunds|Cards|Never/);
  });
});
