import { describe, expect, it } from "vitest";
import { checkReplyText } from "../../src/guards/reply-text.ts";

const problems = (text: string, context = {}) => checkReplyText(text, context).map((verdict) => verdict.problem);

const ENGLISH =
  "Thank you for your message. We have looked at your order and the parcel will be with you in the next days, as it left our warehouse.";
const GERMAN =
  "Vielen Dank für Ihre Nachricht. Wir haben Ihre Bestellung geprüft und das Paket wird in den nächsten Tagen bei Ihnen sein, da es unser Lager verlassen hat.";
const SPANISH =
  "Gracias por su mensaje. Hemos revisado su pedido y el paquete estará con usted en los próximos días, ya que ha salido de nuestro almacén.";
const RUSSIAN =
  "Спасибо за ваше сообщение. Мы проверили ваш заказ, и посылка будет у вас в ближайшие дни, так как она покинула наш склад.";
const JAPANESE = "お問い合わせありがとうございます。ご注文を確認しました。荷物は数日以内にお手元に届く予定です。";
const CHINESE = "感谢您的来信。我们已经检查了您的订单，包裹已经离开仓库，将在未来几天内送达。";
const LANGUAGES = { ENGLISH, GERMAN, SPANISH, RUSSIAN, JAPANESE, CHINESE };

describe("reply text", () => {
  it.each([
    ["empty", ""],
    ["empty", " \n\t\u200b"],
    ["empty", "..."],
    ["empty_value", "undefined"],
    ["empty_value", "null"],
    ["empty_value", "[object Object]"],
    ["empty_value", "N/A"],
    ["error_text", "Error: fetch failed"],
    ["error_text", "OpenAI API error: 500"],
    ["error_text", "TypeError: x is not a function"],
    ["error_text", "Error generating reply: timeout"],
    ["error_text", "Failed to generate response"],
    ["error_text", "An unexpected error occurred while processing."],
    ["stack_trace", "Sorry\n    at foo (/srv/app/index.js:10:5)\n    at bar (/srv/app/index.js:12:5)"],
    ["stack_trace", 'Traceback (most recent call last):\n  File "a.py", line 3, in <module>'],
    ["provider_error", "Rate limit exceeded. Please retry."],
    ["provider_error", "You exceeded your current quota, please check your plan."],
    ["provider_error", "Internal Server Error"],
    ["provider_error", "The model is currently overloaded"],
    ["html_page", "<!DOCTYPE html><html><title>502 Bad Gateway</title></html>"],
    ["json", '{"error":{"message":"Rate limit"}}'],
    ["json", '```json\n{"reply":"Hello"}\n```'],
    ["refusal", "I'm sorry, but I can't assist with that."],
    ["refusal", "I’m sorry, as an AI I cannot help with refunds."],
    ["refusal", "As an AI language model I do not have an account."],
    ["unfilled_blank", "Dear [Customer Name], your parcel is on its way."],
    ["unfilled_blank", "Hi {{first_name}}, your parcel is on its way."],
    ["prompt_leak", "Here is the rewritten reply:\nYour parcel is on its way."],
    ["prompt_leak", "Sure! Here's a corrected version:\n\nYour parcel is on its way."],
    ["prompt_leak", "<agent_reply>Your parcel</agent_reply> is on its way."],
    ["prompt_leak", "<think>They want a refund.</think>Your parcel is on its way."],
    ["prompt_leak", "As the failure_explanation says, your parcel is on its way."],
  ])("%s is not let through as a reply: %j", (problem, text) => {
    expect(problems(text)).toContain(problem);
  });

  it.each([
    "Yes.",
    "No answer has come from the bank yet.",
    "Error 404 means that the page is gone; please open the shop from its start page.",
    "We could not process your order yet, since the card was declined.",
    "I'm sorry, I can't change the address after dispatch, but you can redirect the parcel in the courier's app.",
    "Unfortunately I cannot help with that from here, since only the bank can reverse it.",
    "Here is your updated invoice: https://x.example/invoice",
    "Here is the new link: https://x.example/link",
    "See [your account](https://x.example/me) for it.",
    "[1] Open the settings. [2] Save.",
    "Hello [NAME_1], we wrote to [EMAIL_2] and rang [PHONE_1].",
    ENGLISH,
    GERMAN,
    SPANISH,
    RUSSIAN,
    JAPANESE,
    CHINESE,
  ])("a proper reply is not stopped: %s", (text) => {
    expect(problems(text)).toEqual([]);
  });

  it("an error that the talk is about is not held against the reply", () => {
    expect(
      problems("Rate limit exceeded means you sent too much; wait a minute.", {
        customerMessage: "I get 'rate limit exceeded', why?",
      }),
    ).toEqual([]);
  });

  it.each(
    Object.entries(LANGUAGES).flatMap(([a, mine]) =>
      Object.entries(LANGUAGES).map(([b, theirs]) => [a, b, mine, theirs] as const),
    ),
  )("a rewrite in %s for a reply in %s is judged by its language", (a, b, mine, theirs) => {
    expect(problems(mine, { agentReply: theirs })).toEqual(a === b ? [] : ["wrong_language"]);
  });

  it("the customer's own language is not refused where the agent used another", () => {
    expect(problems(SPANISH, { agentReply: ENGLISH, customerMessage: SPANISH })).toEqual(["language_of_customer"]);
  });

  it.each(["OK", "Gracias!", "iPhone 15 Pro Max", "Спасибо"])(
    "a text too short to tell its language raises nothing: %s",
    (text) => {
      expect(problems(text, { agentReply: ENGLISH })).toEqual([]);
    },
  );
});
