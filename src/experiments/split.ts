import type { Config } from "../config.ts";
import type { Conversation } from "./conversation.ts";
import { LESSON_SLOTS } from "./prompt-id.ts";
import { LESSON_SHARES, nearestShare, PLAIN_SHARES } from "./shares.ts";

/** Guidance that did harm still goes to one conversation in ten, so that it is seen when it does not any more. */
const SWITCHED_OFF_SHARE = 0.9;

/** What guidance comes from. */
export interface GuidanceSource {
  /** The cluster's number; 0 for what holds across clusters. */
  cluster: number;
  /** Counts the changes of the cluster's lessons: other guidance is other conversations' turn. */
  version: number;
  switchedOff: boolean;
}

/** How likely a conversation is to get plain prompts though there is guidance for them. */
export function plainShareOf(config: Pick<Config, "HOLDOUT_FRACTION">, { switchedOff }: GuidanceSource): number {
  const share = nearestShare(PLAIN_SHARES, config.HOLDOUT_FRACTION);
  return switchedOff ? Math.max(share, SWITCHED_OFF_SHARE) : share;
}

/**
 * True for the share of conversations that get plain prompts, so that there is something to compare with. All prompts
 * of a conversation are on one side, as long as the guidance stays the same.
 */
export function isHeldOut({ code }: Pick<Conversation, "code">, source: GuidanceSource, share: number): boolean {
  return unit(code, source.cluster, source.version) < share;
}

export function lessonShareOf({ LESSON_HOLDOUT_FRACTION }: Pick<Config, "LESSON_HOLDOUT_FRACTION">): number {
  return nearestShare(LESSON_SHARES, LESSON_HOLDOUT_FRACTION);
}

/** Keeps what decides on lessons apart from what decides on all guidance. */
const OF_LESSONS = 0x4c_0000;

/**
 * The lessons that a conversation does without, to see what each of them does: bit n for the one in slot n. What a
 * prompt's id holds is enough to tell it again, whenever its outcome comes.
 */
export function lessonsLeftOut({ code }: Pick<Conversation, "code">, cluster: number, share: number): number {
  let bits = 0;
  for (let slot = 0; slot < LESSON_SLOTS; slot++) {
    if (unit(code, cluster, OF_LESSONS + slot) < share) bits |= 1 << slot;
  }
  return bits;
}

/** A number from 0 up to, but without, 1: the three mixed as MurmurHash3 mixes. */
function unit(code: number, cluster: number, salt: number): number {
  let hash = 0x5265_6472;
  for (const part of [code, cluster, salt]) {
    hash ^= Math.imul(part, 0xcc9e2d51);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return (hash >>> 0) / 2 ** 32;
}
