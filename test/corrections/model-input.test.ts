import { describe, expect, it } from "vitest";
import { createOpenAiModel } from "../../src/llm/openai.ts";
import { comparison, modelThat, rating } from "../support/model.ts";
import { standInFetch } from "../support/stand-in.ts";
import { aFailure, createWorld } from "../support/world.ts";

const vars = { REDACT_MODEL_INPUT: "true" };
const failure = () =>
  aFailure({
    original_prompt: "I am Ada Quill, ada@example.com. Where is my refund?",
    agent_reply:
      "Dear Ada, the refund went to the card of ada@example.com on Monday; call +1 202 555 0199 if it is late.",
    metadata: { customer_name: "Ada Quill" },
  });

/** Rewrites with the texts given, one after the other; the last one again and again. */
function rewriting(...rewrites: string[]) {
  let next = 0;
  return modelThat(
    ({ isRating, section }) => {
      if (isRating) return rating(section("reply_to_rate").startsWith("Money") ? 90 : 20);
      return rewrites[Math.min(next++, rewrites.length - 1)] ?? "";
    },
    ({ section }) => comparison(section("reply_a").startsWith("Money") ? "A" : "B"),
  );
}

const WELL = "Money is on its way to [EMAIL_1], [NAME_2]. Ring [PHONE_1] when Monday's transfer has not shown up soon.";

async function corrected(model: ReturnType<typeof rewriting>) {
  const world = createWorld({ model, vars });
  const [id] = await world.correctAll(failure());
  const state = await world.json("GET", `/v1/failures/${id}`);
  const { data } = await world.json("GET", "/v1/improvements?limit=100&sort=newest");
  return { state, reply: data.find(({ failure_id }: { failure_id: string }) => failure_id === id)?.corrected_reply };
}

describe("a rewrite by a model that sees placeholders", () => {
  it("is stored with what they stand for, and judged without", async () => {
    const model = rewriting(WELL);
    const { state, reply } = await corrected(model);
    expect(state.status).toBe("improved");
    expect(reply).toBe(
      "Money is on its way to ada@example.com, Ada. Ring +1 202 555 0199 when Monday's transfer has not shown up soon.",
    );
    const asked = JSON.stringify([...model.calls, ...model.comparisons].map(({ request }) => request.messages));
    expect(asked).not.toMatch(/ada@|0199|Quill/);
    expect(model.calls.filter(({ section }) => section("reply_to_rate") === WELL)).toHaveLength(1);
  });

  it("may leave a value out that the agent gave", async () => {
    const { state } = await corrected(rewriting("Money left us on Monday, and nothing more is needed from you now."));
    expect(state.status).toBe("improved");
  });

  it.each([
    "[EMAIL 1]",
    "[EMAIL_1",
    "EMAIL_1",
    "[email_1]",
    "{EMAIL_1}",
    "[EMAIL\\_1]",
    "[EMAIL]",
    "[EMAIL_7]",
    "[CARD_1]",
  ])("is refused where it mangles or makes up a placeholder, and told so: %s", async (stray) => {
    const bad = WELL.replace("[EMAIL_1]", stray);
    const model = rewriting(bad, WELL);
    expect((await corrected(model)).state.status).toBe("improved");
    const [, again] = model.calls.filter(({ isRating }) => !isRating);
    expect(again?.section("problems_of_your_last_rewrite")).toContain(stray);
    const { state } = await corrected(rewriting(bad));
    expect(state).toMatchObject({
      status: "needs_human",
      reason_code: "placeholder",
    });
  });

  it("is told what is wrong in words that hold no personal data", async () => {
    const copied = "Dear [NAME_2], the refund went to the card of [EMAIL_1] on Monday; call [PHONE_1] if it is late.";
    const model = rewriting(copied, WELL);
    expect((await corrected(model)).state.status).toBe("improved");
    const [, again] = model.calls.filter(({ isRating }) => !isRating);
    expect(again?.section("problems_of_your_last_rewrite")).toMatch(/word for word|words in a row/);
    expect(JSON.stringify(model.calls.map(({ request }) => request.messages))).not.toMatch(/ada@|0199|Quill/);
  });

  it("works with the stand-in", async () => {
    const { fetch } = standInFetch();
    const baseUrl = "http://127.0.0.1:9/v1";
    const models = { CORRECTION_MODEL: "stand-in", JUDGE_MODEL: "stand-in" };
    const model = createOpenAiModel({ apiKey: "k", baseUrl, clock: Date.now, fetch });
    const world = createWorld({ model, vars: { ...vars, ...models } });
    const [id] = await world.correctAll(failure());
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({ status: "improved" });
    const { data } = await world.json("GET", "/v1/improvements?limit=100&sort=newest");
    const own = data.find(({ failure_id }: { failure_id: string }) => failure_id === id);
    expect(own?.corrected_reply).toContain("ada@example.com");
    expect(own?.corrected_reply).not.toMatch(/_\d/);
  });
});

it("a placeholder from another failure's lesson does not get into a reply, without the setting either", async () => {
  const model = rewriting("Money went to [IBAN_1] on Monday, as arranged with you before the weekend came.");
  const world = createWorld({ model });
  const [id] = await world.correctAll(failure());
  expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({
    ...{ status: "needs_human", reason_code: "placeholder" },
  });
});
