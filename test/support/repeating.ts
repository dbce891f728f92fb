import type { FailureInput } from "../../src/failures/schemas.ts";

/** What customers of one shop ask again and again: the same answer each time, with an amount and a day of their own. */
const KINDS = [
  {
    topic: "refund_status",
    asks: [
      "Where is my refund?",
      "I returned a jacket and see no refund on my account.",
      "How long does a refund take to arrive?",
      "My refund for the shoes has not come yet.",
      "Still waiting for the refund you promised.",
      "When will the refund be on my card?",
    ],
    reply: (fact: string) =>
      `We approved your refund of ${fact}. Refunds go back to the card you paid with, and your bank needs a few working days to show them.`,
  },
  {
    topic: "password_reset",
    asks: [
      "I can't reset my password.",
      "The password reset link does not work.",
      "My reset mail for the password never arrives.",
      "How do I reset a forgotten password?",
      "Password reset says the link is invalid.",
      "I am locked out and the password reset fails.",
    ],
    reply: (fact: string) =>
      `Only the newest reset link works, so please open the sign-in page and request one more. Your account was unlocked on ${fact}. Look into the spam folder if the mail does not come.`,
  },
  {
    topic: "delivery_delay",
    asks: [
      "My parcel is late, where is it?",
      "The delivery of my parcel was due last week.",
      "Tracking of the parcel has not moved for days.",
      "Has the parcel been lost in delivery?",
      "Why is the delivery of this parcel delayed?",
      "No parcel, no delivery notice, nothing.",
    ],
    reply: (fact: string) =>
      `The carrier lost time in its depot and your parcel arrives on ${fact}. If it does not come by then, tell us and a replacement leaves our warehouse the same day, free of charge.`,
  },
  {
    topic: "invoice_copy",
    asks: [
      "I need a copy of my invoice.",
      "Can you send the invoice again?",
      "The invoice shows the wrong company address.",
      "Where can I download an invoice?",
      "Our accountant wants last month's invoice as a PDF.",
      "There is no invoice in my orders.",
    ],
    reply: (fact: string) =>
      `Every invoice is in your account under orders, as a PDF. Yours is from ${fact}. To change the company address, edit the billing details first and then download the file again.`,
  },
];

/** Failures of a few kinds that repeat, as a helpdesk sends them. */
export function repeatingFailures(): FailureInput[] {
  return KINDS.flatMap(({ topic, asks, reply }, kind) =>
    ["Hi, ", "Hello team. ", ""].flatMap((greeting, again) =>
      asks.map((ask, i) => ({
        external_id: `${topic}-${again}-${i}`,
        original_prompt: `${greeting}${ask}`,
        ai_reply: "Please have a look at our help pages.",
        agent_reply: reply(`${1 + ((kind * 7 + again * 6 + i) % 27)} October`),
        failure_explanation: "It sends the customer away.",
        failure_category: "missing_information",
        topic,
      })),
    ),
  );
}
