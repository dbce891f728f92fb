import { hashText } from "../lib/text-hash.ts";

/** What a prompt says of its conversation. */
export interface ConversationGiven {
  /** The caller's id of it. */
  id: string | null;
  /** The customer's first message in it; never the bot's greeting, with which many begin. */
  opening: string;
  /** No message of the customer's came before this one. */
  isFirst: boolean;
}

export interface Conversation {
  /** 20 bits of a hash: what a prompt's id holds. Of 10,000 conversations that fail, 1 in 200 is taken for another. */
  code: number;
  /** 53 bits of the same hash, for what an isolate remembers. */
  key: number;
  isFirst: boolean;
  /** It can be told from others: it has an id, or an opening that hardly two customers write. */
  isToldApart: boolean;
}

export const CONVERSATION_CODES = 1 << 20;

/** The message's beginning decides: hashing 50,000 characters would cost more than all else. */
const HASHED_CHARACTERS = 1_000;

/** "Hi" and "Where is my refund?" are shared by many; two customers hardly write the same this long. */
const TELLING_CHARACTERS = 40;

/** Tells one conversation from another by the caller's id, or else by how the customer began it, which all turns share. */
export function conversationOf({ id, opening, isFirst }: ConversationGiven): Conversation {
  const { high, low } = hashText((id ?? opening).slice(0, HASHED_CHARACTERS));
  return {
    code: high >>> 12,
    key: high * 2 ** 21 + (low >>> 11),
    isFirst,
    isToldApart: id !== null || opening.trim().length >= TELLING_CHARACTERS,
  };
}
