import { hashText, toUnit } from "../lib/text-hash.ts";

/** The message's beginning decides: hashing 50,000 characters would cost more than all else. */
const HASHED_CHARACTERS = 1_000;

/**
 * True for the share of conversations that get no guidance, so that there is something to compare with. By the hash
 * of the caller's id of the conversation, or else of its first message, which all its turns share: one conversation
 * stays on one side. Without ids, conversations that begin with the very same words share a side. That makes the
 * share coarser where few wordings make up most messages; it favours neither side, because no message chooses its hash.
 */
export function isHeldOut(conversation: string, fraction: number): boolean {
  return fraction > 0 && toUnit(hashText(conversation.slice(0, HASHED_CHARACTERS))) < fraction;
}
