import { describe, expect, it } from "vitest";
import { answerChat, cutToTokens, embed } from "../../dev/stand-in/chat.ts";
import { fillSchema } from "../../dev/stand-in/fill-schema.ts";
import { learn } from "../../dev/stand-in/learned.ts";
import { rateReply } from "../../dev/stand-in/rate.ts";
import { rewriteReply } from "../../dev/stand-in/rewrite.ts";
import { hideFacts, overlap } from "../../dev/stand-in/text.ts";

const failure = {
  customerMessage: "I ordered my card ten days ago and it still hasn't come. When will it arrive?",
  agentReply:
    'Your card was posted on 6 October by standard mail, which takes 7 to 10 business days. If it is not with you by 20 October, open "Card" in the app and choose "It never arrived": we then block it and send a new one by courier for $12.50. You can read more at https://support.example.com/cards or write to cards@example.com.',
};
const badReply = "Cards are usually delivered quickly. Please keep an eye on your mailbox.";

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

  it("does not copy the agent", () => {
    const { share, run } = overlap(hideFacts(text).hidden, hideFacts(failure.agentReply).hidden);
    expect(share).toBeLessThan(0.5);
    expect(run).toBeLessThan(13);
  });

  it("moves no closer to the agent when told that it copied", () => {
    const again = rewriteReply({ ...failure, problems: "- it copies the agent" });
    const closeness = (one: string) => overlap(hideFacts(one).hidden, hideFacts(failure.agentReply).hidden).share;
    expect(closeness(again)).toBeLessThanOrEqual(closeness(text));
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

  it("do not reward the agent's wording over the same content in other words", () => {
    expect(Math.abs(rate(rewriteReply(failure)) - rate(failure.agentReply))).toBeLessThan(40);
  });
});

describe("the stand-in's answers", () => {
  const section = (name: string, text: string) => `<${name}>\n${text}\n</${name}>`;
  const user = (text: string) => [{ role: "user", text }];

  it("rate when the prompt holds a reply to rate, whatever the server was asked to enforce", () => {
    const prompt = ["customer_message", "agent_reply", "reply_to_rate"]
      .map((name) => section(name, "Some text here."))
      .join("\n\n");
    for (const format of ["text", "json_object"]) {
      expect(JSON.parse(answerChat({ messages: user(prompt), format }))).toMatchObject({
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

  it("embed alike texts nearer than others", () => {
    const cosine = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    const refund = embed("where is my refund");
    expect(cosine(refund, embed("my refund, where is it"))).toBeGreaterThan(
      cosine(refund, embed("reset the password")),
    );
    expect(cosine(refund, refund)).toBeCloseTo(1);
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
