import { describe, expect, it } from "vitest";
import { answerText } from "../../dev/stand-in/answer.ts";
import { createStandIn } from "../../dev/stand-in/app.ts";
import { fillSchema } from "../../dev/stand-in/fill-schema.ts";
import { learn } from "../../dev/stand-in/learned.ts";
import { distillLessons } from "../../dev/stand-in/lessons.ts";
import { compareReplies, rateReply } from "../../dev/stand-in/rate.ts";
import { rewriteReply } from "../../dev/stand-in/rewrite.ts";
import { cutToTokens } from "../../dev/stand-in/text.ts";
import { checkRewrite } from "../../src/guards/check-rewrite.ts";
import { measureCopying } from "../../src/guards/copying.ts";
import { sections } from "../../src/llm/sections.ts";

const failure = {
  customerMessage: "I ordered my card ten days ago and it still hasn't come. When will it arrive?",
  agentReply:
    'Your card was posted on 6 October by standard mail, which takes 7 to 10 business days. If it is not with you by 20 October, open "Card" in the app and choose "It never arrived": we then block it and send a new one by courier for $12.50. You can read more at https://support.example.com/cards or write to cards@example.com.',
};
const badReply = "Cards are usually delivered quickly. Please keep an eye on your mailbox.";

interface Completion {
  model: string;
  choices: {
    message: { content: string | null; tool_calls?: { id: string }[] };
    finish_reason: string;
  }[];
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

describe("the stand-in's rewrite", () => {
  const text = rewriteReply(failure);

  it("is the same for the same inputs", () => {
    expect(rewriteReply(failure)).toBe(text);
  });

  it("keeps every fact of the agent's reply and makes up none", () => {
    for (const fact of [
      "6 October",
      "20 October",
      "7 to 10",
      "$12.50",
      "https://support.example.com/cards",
      "cards@example.com",
    ]) {
      expect(text).toContain(fact);
    }
    const known = new Set(`${failure.agentReply} ${failure.customerMessage}`.match(/\d+/g));
    for (const number of text.match(/\d+/g) ?? []) expect(known).toContain(number);
  });

  it("passes the guards, in languages that it has words for and in others", () => {
    const replies = [
      failure.agentReply,
      "Guten Tag, Ihre Lampe ist am 28. Oktober bei uns eingegangen und wurde gestern von der Werkstatt geprüft. Wir haben heute 64,90 € auf das Konto zurückgebucht, das Sie bei der Bestellung angegeben haben.",
      "Buongiorno, il suo ordine è partito ieri dal nostro magazzino e il corriere lo consegna di solito entro tre giorni lavorativi. Se non lo riceve entro venerdì, ci scriva di nuovo e ne mandiamo subito un altro senza alcun costo per lei, con la stessa spedizione.",
    ];
    for (const agentReply of replies) {
      const rewrite = rewriteReply({ ...failure, agentReply });
      expect(checkRewrite({ ...failure, aiReply: badReply, agentReply, rewrite }), rewrite).toMatchObject({
        verdict: "pass",
      });
    }
  });

  it("moves further from the agent's words when asked again", () => {
    const again = rewriteReply({ ...failure, again: true });
    const closeness = (rewrite: string) => measureCopying(rewrite, failure.agentReply).share;
    expect(closeness(again)).toBeLessThan(closeness(text));
  });

  it("survives texts that are empty, huge or no language", () => {
    for (const agentReply of [
      "",
      "…",
      "\uE000\uE001 12",
      "a ".repeat(20_000),
      "退款已于三月三日处理。",
      "- - -\n1. x",
    ]) {
      expect(() => rewriteReply({ customerMessage: agentReply, agentReply })).not.toThrow();
    }
  });
});

describe("the stand-in's ratings", () => {
  const rate = (reply: string) => {
    const { accuracy, completeness, tone } = rateReply({ ...failure, reply });
    return accuracy + completeness + tone;
  };

  it("are higher for a reply that carries the agent's content than for one that does not", () => {
    expect(rate(rewriteReply(failure))).toBeGreaterThan(rate(badReply) + 50);
  });

  it("fall for a fact that no text knows", () => {
    const right = failure.agentReply;
    expect(rate(right.replace("20 October", "27 November"))).toBeLessThan(rate(right));
  });

  it("do not rise when a poor reply is padded", () => {
    const padded = `${badReply} Our whole team always values wonderful people like yourself enormously.`;
    expect(rate(padded)).toBeLessThanOrEqual(rate(badReply));
  });

  it("are near 90 for the agent's own reply, and the same each time", () => {
    const { accuracy, completeness, tone } = rateReply({ ...failure, reply: failure.agentReply });
    expect(accuracy * 0.5 + completeness * 0.35 + tone * 0.15).toBeGreaterThan(85);
    expect(rate(badReply)).toBe(rate(badReply));
  });

  it("decide comparisons, whichever comes first", () => {
    const good = { ...failure, reply: rewriteReply(failure) };
    const bad = { ...failure, reply: badReply };
    expect(compareReplies(good, bad).better).toBe("A");
    expect(compareReplies(bad, good).better).toBe("B");
    expect(compareReplies(bad, bad).better).toBe("tie");
  });

  it("do not reward the agent's wording over the same content in other words", () => {
    expect(Math.abs(rate(rewriteReply(failure)) - rate(failure.agentReply))).toBeLessThan(40);
  });
});

describe("the stand-in's answers", () => {
  const section = (name: string, text: string) => `<${name}>\n${text}\n</${name}>`;
  const user = (content: string) => [{ role: "user" as const, content }];

  it("rate when the prompt holds a reply to rate, whatever the server was asked to enforce", () => {
    const prompt = ["customer_message", "agent_reply", "reply_to_rate"]
      .map((name) => section(name, "Some text here."))
      .join("\n\n");
    for (const type of ["text", "json_object"] as const) {
      expect(JSON.parse(answerText({ messages: user(prompt), response_format: { type } }))).toMatchObject({
        accuracy: expect.any(Number),
      });
    }
  });

  it("name a topic among those on offer where one fits, and make one up where none does", () => {
    const schema = { type: "object", properties: { topic: { type: "string" } } };
    const texts = { known_topics: "- card_arrival\n- refund_status", customer_message: "Where is my refund?" };
    expect(fillSchema(schema, texts)).toEqual({ topic: "refund_status" });
    expect(fillSchema(schema, { ...texts, customer_message: "My voucher is invalid" })).toEqual({
      topic: "voucher_invalid",
    });
  });

  it("fit schemas that were never seen before", () => {
    const schema = {
      type: "object",
      properties: {
        verdict: { enum: ["A", "B", "tie"] },
        score: { type: "integer", minimum: 3, maximum: 5 },
        usable: { type: "boolean" },
        note: { anyOf: [{ type: "string", maxLength: 10 }, { type: "null" }] },
        lessons: { type: "array", minItems: 2, maxItems: 2, items: { $ref: "#/$defs/lesson" } },
      },
      $defs: { lesson: { type: "object", properties: { text: { type: "string" } } } },
    };
    const filled = fillSchema(schema, { failure_explanation: "No date was given. No amount was given." });
    expect(filled).toEqual({
      verdict: expect.stringMatching(/^(A|B|tie)$/),
      score: expect.toSatisfy((score: number) => Number.isInteger(score) && score >= 3 && score <= 5),
      usable: expect.any(Boolean),
      note: expect.toSatisfy((note: string) => note.length <= 10),
      lessons: [{ text: expect.any(String) }, { text: expect.any(String) }],
    });
  });

  it("are cut at the largest number of tokens", () => {
    expect(cutToTokens("one two three", 2)).toEqual({ text: "one two ", cut: true });
    expect(cutToTokens("one two", 2).cut).toBe(false);
  });

  it("make lessons of explanations that no lesson covers yet and that name no facts", () => {
    const failures = sections({
      failure_1: { failure_category: "tone", customer_message: "Hi", why_it_failed: "Blames the customer." },
      failure_2: { customer_message: "Hi", why_it_failed: "Sends the customer away to the help pages." },
      failure_3: { customer_message: "Hi", why_it_failed: "The refund of $12.50 is wrong." },
    });
    const known = sections({ lesson_1: { lesson_text: "Do not send the customer away to help pages." } });
    expect(distillLessons(known, failures).changes).toMatchObject([
      { op: "support", lesson: 1, failures: ["failure_2"] },
      {
        ...{ op: "add", lesson: null, failure_category: "tone", failures: ["failure_1"] },
        text: "Do not fail like this again: blames the customer.",
      },
    ]);
  });
});

describe("the stand-in's server", () => {
  const tool = (name: string, parameters: object) => ({ type: "function", function: { name, parameters } });
  const tools = [
    tool("find_order", { properties: { order_id: { type: "string" } } }),
    tool("cancel_subscription", { properties: {} }),
  ];
  const asks = (content: string) => [{ role: "user", content }];
  async function chat(body: object): Promise<Response> {
    const init = { method: "POST", body: JSON.stringify({ model: "stand-in", ...body }) };
    return createStandIn().request("/v1/chat/completions", init);
  }
  const events = async (response: Response) =>
    [...(await response.text()).matchAll(/^data: (\{.*)$/gm)].map(([, data = ""]) => JSON.parse(data));

  it("says that it is no language model, and how many tokens it took", async () => {
    const { model, choices, usage } = await (await chat({ messages: asks("Where is it?") })).json<Completion>();
    expect(model).toBe("stand-in");
    expect(choices[0]).toMatchObject({
      message: { content: expect.stringContaining("no language model") },
      finish_reason: "stop",
    });
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens);
    expect(usage.completion_tokens).toBeGreaterThan(10);
  });

  it("streams the same answer, word by word, with its usage where that is asked for", async () => {
    const messages = asks("Where is it?");
    const whole = await (await chat({ messages })).json<Completion>();
    const response = await chat({ messages, stream: true, stream_options: { include_usage: true } });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const chunks = await events(response);
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
  });

  it("calls the tool that the message asks for, whole or streamed, and answers once the tool has", async () => {
    const messages = asks("Please find my order LK-204, where is it?");
    const call = { name: "find_order", arguments: '{"order_id":"LK-204"}' };
    const { choices } = await (await chat({ messages, tools })).json<Completion>();
    expect(choices[0]).toMatchObject({
      message: { content: null, tool_calls: [{ type: "function", function: call }] },
      finish_reason: "tool_calls",
    });
    const deltas = (await events(await chat({ messages, tools, stream: true }))).flatMap(
      (chunk) => chunk.choices[0].delta.tool_calls ?? [],
    );
    expect(deltas[0]).toMatchObject({ index: 0, function: { name: "find_order", arguments: "" } });
    expect(deltas.map((delta) => delta.function.arguments).join("")).toBe(call.arguments);

    const tool_calls = choices[0]?.message.tool_calls;
    const answered = [
      ...messages,
      { role: "assistant", content: null, tool_calls },
      { role: "tool", tool_call_id: tool_calls?.[0]?.id, content: "shipped" },
    ];
    const after = await (await chat({ messages: answered, tools })).json<Completion>();
    expect(after.choices[0]?.message.content).toContain("shipped");
  });

  it("calls no tool where none fits or none may be, and any where one must be", async () => {
    const reason = async (more: object) =>
      (await (await chat({ messages: asks("Good morning!"), tools, ...more })).json<Completion>()).choices[0]
        ?.finish_reason;
    expect(await reason({})).toBe("stop");
    expect(await reason({ messages: asks("Find my order"), tool_choice: "none" })).toBe("stop");
    expect(await reason({ tool_choice: "required" })).toBe("tool_calls");
  });

  it("refuses in OpenAI's shape, naming the field", async () => {
    const error = async (body: object) => ((await (await chat(body)).json()) as { error: object }).error;
    expect(await error({ messages: [] })).toMatchObject({ type: "invalid_request_error", param: "messages" });
    expect(await error({ messages: [{ role: "robot", content: "" }] })).toMatchObject({ param: "messages[0].role" });
    expect(await error({ model: "gpt", messages: asks("Hi") })).toMatchObject({ code: "model_not_found" });
    expect((await createStandIn().request("/v1/nothing")).status).toBe(404);
  });
});

describe("a model tuned from the stand-in", () => {
  const line = (prompt: string, reply: string) =>
    JSON.stringify({
      messages: [
        { role: "user", content: prompt },
        { role: "assistant", content: reply },
      ],
    });
  const preference = JSON.stringify({
    input: { messages: [{ role: "user", content: "Is my voucher still valid?" }] },
    preferred_output: [{ role: "assistant", content: "Vouchers never run out." }],
    non_preferred_output: [{ role: "assistant", content: "No." }],
  });
  const file = [
    line("Where is my refund?", "Refunds go back to your card. Yours of $24.90 left us on 3 March."),
    line("How do I reset my password?", "Open the sign-in page and choose to reset it."),
    preference,
  ].join("\n");

  it("answers with what it was taught for the most alike message, in either format", () => {
    const { answer } = learn(file);
    expect(answer("I need to reset a password")).toBe("Open the sign-in page and choose to reset it.");
    expect(answer("My voucher, is it valid?")).toBe("Vouchers never run out.");
    expect(answer("Bonjour")).toBeNull();
  });

  it("keeps another customer's facts to itself", () => {
    expect(learn(file).answer("When does my refund come?")).toBe("Refunds go back to your card.");
  });
});
