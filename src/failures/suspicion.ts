import type { Suspicion, Turn } from "../db/schema/failures.ts";
import { addressesTheModel } from "../guards/addresses-model.ts";
import { findEcho } from "../guards/echo.ts";

/** The texts of a failure that came from outside; the AI's reply may repeat what a customer put into its mouth. */
interface Told {
  originalPrompt: string;
  conversation: readonly Turn[] | null;
  aiReply: string;
  agentReply: string;
  failureExplanation: string | null;
}

/** Why a failure is to teach nobody by itself; null for nearly all. */
export function suspicionOf(told: Told): Suspicion | null {
  const { originalPrompt, conversation, aiReply, agentReply, failureExplanation: why } = told;
  const turns = (conversation ?? []).map(({ content }) => content);
  const texts = [originalPrompt, ...turns, aiReply, agentReply, why ?? ""];
  if (texts.some((text) => addressesTheModel(text) !== null)) return "addresses_model";
  if (why === null) return null;
  const said = (conversation ?? []).filter(({ role }) => role === "user").map(({ content }) => content);
  return findEcho(why, [originalPrompt, ...said]) === null ? null : "quotes_customer";
}
