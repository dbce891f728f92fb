/**
 * True for the share of conversations that get no guidance, so that there is something to compare with. By the hash
 * of the caller's id of the conversation, or else of its first message, which all its turns share: one conversation
 * stays on one side. Without ids, conversations that begin with the very same words share a side. That makes the
 * share coarser where few wordings make up most messages; it favours neither side, because no message chooses its hash.
 */
export function isHeldOut(conversation: string, fraction: number): boolean {
  return fraction > 0 && unitHash(conversation) < fraction;
}

/** The message's beginning decides: hashing 50,000 characters would cost more than all else. */
const HASHED_CHARACTERS = 1_000;

/** FNV-1a with MurmurHash3's finish, as a number from 0 to 1. */
export function unitHash(text: string): number {
  let hash = 0x811c9dc5;
  const end = Math.min(text.length, HASHED_CHARACTERS);
  for (let i = 0; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
