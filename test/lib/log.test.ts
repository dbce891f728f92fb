import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FailureInput } from "../../src/failures/schemas.ts";
import { type Model, ModelError } from "../../src/llm/model.ts";
import { goodModel } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";

const METHODS = ["debug", "log", "info", "warn", "error"] as const;
const lines: string[] = [];

beforeEach(() => {
  lines.length = 0;
  for (const method of METHODS) {
    vi.spyOn(console, method).mockImplementation((...written) => void lines.push(written.map(String).join(" ")));
  }
});
afterEach(() => vi.restoreAllMocks());

/** In every text that a helpdesk, a customer, a reviewer or a model can write. */
const PLANTED = "quillpen";
const planted = (field: string) => `${PLANTED} wrote this in ${field}`;

const aPlantedFailure = (fate: string): FailureInput =>
  aFailure({
    external_id: `${PLANTED}-${crypto.randomUUID()}`,
    original_prompt: undefined,
    conversation: [
      { role: "assistant", content: planted("an earlier turn") },
      { role: "user", content: `${planted("the prompt")} ${fate} ${crypto.randomUUID()}` },
    ],
    ai_reply: planted("the AI reply"),
    agent_reply: planted("the agent's reply"),
    failure_explanation: planted("the explanation"),
    failure_category: `${PLANTED}_category`,
    topic: `${PLANTED}_topic`,
    channel: `${PLANTED}_channel`,
    model: `${PLANTED}-model`,
    context_url: `https://help.example/${PLANTED}`,
    metadata: { note: planted("the metadata") },
  });

/** Fails as the prompt asks for, each time with the customer's words in what it answers or throws. */
function echoingModel(): Model & { mend: () => void } {
  const good = goodModel();
  let failing = true;
  return {
    mend: () => {
      failing = false;
    },
    complete: async (request) => {
      const prompt = request.messages.map(({ content }) => content).join("\n");
      if (failing && prompt.includes("be-refused")) throw new ModelError("refused", "request_rejected", prompt);
      if (failing && prompt.includes("be-late")) throw new ModelError("retry", "provider_error", prompt);
      if (failing && prompt.includes("be-broken")) JSON.parse(`${PLANTED} is no JSON`);
      if (failing) return { text: prompt, usage: { calls: 1, inputTokens: 1, outputTokens: 1 } };
      return good.complete(request);
    },
  };
}

describe("the logs of a whole loop", () => {
  it("hold lines of JSON with level and event, and no word that a person or model wrote", async () => {
    const model = echoingModel();
    const world = createWorld({ model, vars: { MIN_EXPORT_RATING: "0" } });
    const fates = ["be-refused", "be-late", "be-broken", "be-malformed"];
    const [id = ""] = await world.record(...fates.map(aPlantedFailure));
    const ndjson = [JSON.stringify(aPlantedFailure("by-import")), `{"${PLANTED}": `, JSON.stringify({ [PLANTED]: 1 })];
    await world.call("POST", "/v1/failures", ndjson.join("\n"), { "content-type": "application/x-ndjson" });

    const later = async () => {
      world.now += 86_400_000;
      await world.sweep();
      await world.deliver();
    };
    await world.json("POST", "/v1/correction-runs", {});
    await world.deliver();
    for (let day = 0; day < 8; day++) await later();
    expect((await world.json("GET", "/v1/improvements")).data).toEqual([]);

    model.mend();
    await world.json("POST", "/v1/correction-runs", { redo: "failed" });
    await world.deliver();
    const { data } = await world.json("GET", "/v1/improvements");
    expect(data.length).toBeGreaterThan(0);
    await world.json("POST", `/v1/improvements/${data[0].id}/review`, {
      ...{ decision: "approve", note: planted("the note"), version: data[0].version },
    });
    await world.json("POST", "/v1/exports", {});
    await world.deliver();
    await later();

    const ask = { customer_message: planted("a new message"), topic: `${PLANTED}_topic` };
    const { prompt_id } = await world.json("POST", "/v1/prompts", ask);
    await world.json("POST", "/v1/outcomes", { prompt_id, failed: true });
    world.services.fetch = async () => Promise.reject(new TypeError("Network connection lost."));
    await world.call("POST", "/v1/chat/completions", {
      ...{ model: "redraft", messages: [{ role: "user", content: planted("a chat") }] },
    });
    await world.call("GET", `/v1/clusters/${PLANTED}_topic_of_none`);
    expect((await world.call("DELETE", `/v1/failures/${id}`)).status).toBeLessThan(300);
    await later();

    const levels = ["info", "warn", "error"];
    expect(lines.join("\n")).toMatch(/correction_fault.*not_distilled.*model_not_reached/s);
    for (const line of lines) {
      expect(line).not.toContain(PLANTED);
      expect(JSON.parse(line)).toMatchObject({
        level: expect.toBeOneOf(levels),
        event: expect.stringMatching(/^\w+$/),
      });
    }
  });
});
