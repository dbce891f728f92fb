import { z } from "zod";
import type { Comparison, Pairwise } from "../db/schema/judge.ts";
import { settleAll } from "../lib/settle-all.ts";
import type { Judge, RatedCase } from "./ask-judge.ts";
import { askJudge, textOrJson } from "./ask-judge.ts";

const INSTRUCTIONS = `You compare two replies to the same customer, A and B: which serves this customer better? What counts most is that nothing in it is wrong, then that nothing the customer needs is missing, then its tone.

You also see a reply that a human agent gave. It is one acceptable answer and may be incomplete; take from it what is true for this customer. Do not reward wording that overlaps with it, and do not reward length. The order of the two replies means nothing.

First give your reasons in two or three sentences, then the verdict; "tie" when neither serves the customer better. Answer as JSON: {"reasons": string, "better": "A" | "B" | "tie"}.`;

const compared = z.object({ reasons: textOrJson, better: z.enum(["A", "B", "tie"]) });

/**
 * Has the judge compare the two replies in both orders, blind: it knows them as A and B. Orders in which it gives no
 * usable answer are left out.
 * @throws ModelError for failures that may pass or need an operator
 */
export async function compareReplies(
  rated: RatedCase,
  oldReply: string,
  newReply: string,
  judge: Judge,
): Promise<Comparison[]> {
  const orders = await settleAll([
    compareOnce(rated, { first: "old", a: oldReply, b: newReply }, judge),
    compareOnce(rated, { first: "new", a: newReply, b: oldReply }, judge),
  ]);
  return orders.filter((order) => order !== null);
}

async function compareOnce(
  rated: RatedCase,
  { first, a, b }: { first: "old" | "new"; a: string; b: string },
  judge: Judge,
): Promise<Comparison | null> {
  const question = { name: "comparison", instructions: INSTRUCTIONS, schema: compared };
  const said = await askJudge(judge, rated, { ...question, replies: { reply_a: a, reply_b: b } });
  if (said === null) return null;
  const second = first === "old" ? "new" : "old";
  const winner = said.better === "tie" ? "tie" : said.better === "A" ? first : second;
  return { first, reasons: said.reasons, winner };
}

/** The result for the new reply. A verdict that changes with the order is worth nothing: a tie. */
export function pairwiseResult(comparisons: Comparison[]): Pairwise {
  const [one, other] = comparisons;
  if (one === undefined || other === undefined) return "unknown";
  if (one.winner !== other.winner || one.winner === "tie") return "tie";
  return one.winner === "new" ? "won" : "lost";
}
