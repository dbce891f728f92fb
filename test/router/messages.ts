import { seeded } from "../../dev/lib/seeded.ts";
import type { RouterExample } from "../../src/router/training-set.ts";

export function pick<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)] as T;
}

const OPENINGS = ["Hello,", "Hi there,", "Please help:", "Good morning.", "I have a question:", ""];
const CLOSINGS = ["Thanks!", "Can you check?", "What can I do?", "It is urgent.", ""];
/** What customers say, in parts that are put together at random. */
const SAYINGS: Record<string, [subjects: string[], complaints: string[]]> = {
  card_arrival: [
    ["my new card", "the card you sent", "my replacement card"],
    ["has not arrived", "is still not here", "should have come last week"],
  ],
  refund_status: [
    ["my refund", "the money you owe me back", "the refund for my order"],
    ["is not on my account", "takes too long", "was promised days ago"],
  ],
  password_reset: [
    ["my password", "the login", "the reset link"],
    ["does not work", "is not accepted any more", "expired before I used it"],
  ],
  exchange_rate: [
    ["the exchange rate", "your rate for euros", "the conversion to dollars"],
    ["is worse than shown", "was wrong on my holiday", "seems too high"],
  ],
  cash_withdrawal: [
    ["the cash machine", "an ATM abroad", "my withdrawal"],
    ["charged me a fee", "swallowed my notes", "gave out less cash"],
  ],
};

/** Messages of five topics, `perTopic` of each, made up by a seeded generator. */
export function madeUpMessages(perTopic: number, seed = 1): RouterExample[] {
  const random = seeded(seed);
  return Object.entries(SAYINGS).flatMap(([topic, [subjects, complaints]]) =>
    Array.from({ length: perTopic }, () => ({
      topic,
      text: `${pick(OPENINGS, random)} ${pick(subjects, random)} ${pick(complaints, random)}. ${pick(CLOSINGS, random)}`,
    })),
  );
}
