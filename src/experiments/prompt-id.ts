import { parse, stringify, validate, version } from "uuid";
import type { Clock } from "../lib/time.ts";
import { LESSON_SHARES, PLAIN_SHARES } from "./shares.ts";

/**
 * How a prompt was made, read from its id alone: serving a prompt then costs no read and no write, and nothing can be
 * lost between prompt and outcome. The id is a UUID v7 whose 74 free bits hold all of this and a checksum. The checksum
 * tells our ids from other UUIDs; it is no signature, because whoever may report outcomes could lie about them anyway.
 */
export interface PromptMark {
  arm: PromptArm;
  /** The cluster's number; 0 for none. */
  cluster: number;
  /** Bit n: the lesson in slot n was in the prompt, or would have been, had chance not left it out. */
  lessons: number;
  /** See `Conversation`. */
  conversation: number;
  isToldApart: boolean;
  /** How likely its conversation was to get a plain prompt: one of `PLAIN_SHARES`. */
  plainShare: number;
  /** How likely each lesson was to be left out: one of `LESSON_SHARES`. */
  lessonShare: number;
}

/**
 * `guided` and `holdout` are compared with each other, or `shared` and `holdout` where there is no cluster: prompts for
 * which there was guidance, and a hash decided which ones got it. `plain` had none to give, `shared` had only what holds
 * across clusters.
 */
export const PROMPT_ARMS = { plain: 0, guided: 1, holdout: 2, shared: 3 } as const;
export type PromptArm = keyof typeof PROMPT_ARMS;

const ARM_NAMES = ["plain", "guided", "holdout", "shared"] as const satisfies PromptArm[];

/** Lessons that a cluster may have at a time: one bit each. */
export const LESSON_SLOTS = 12;

const MOST_CLUSTERS = 1 << 18;
const CHECKSUM = 0x1fff;

/** The id that was made last. */
let last = "";

/**
 * A new id for a prompt made now. Clusters beyond the 262,143rd count as none. Two prompts of one conversation in the
 * same millisecond would have the same id: the second is then of the next.
 */
export function newPromptId(mark: PromptMark, { clock }: { clock: Clock }): string {
  const now = clock();
  const id = encode(mark, now);
  last = id === last ? encode(mark, now + 1) : id;
  return last;
}

function encode(mark: PromptMark, now: number): string {
  const cluster = mark.cluster < MOST_CLUSTERS ? mark.cluster : 0;
  const plain = (PLAIN_SHARES as readonly number[]).indexOf(mark.plainShare);
  const lesson = (LESSON_SHARES as readonly number[]).indexOf(mark.lessonShare);
  if (plain < 0 || lesson < 0) throw new Error("a share that no id can name");
  const id = new DataView(new ArrayBuffer(16));
  id.setUint32(0, Math.floor(now / 0x10000));
  id.setUint16(4, now % 0x10000);
  id.setUint16(6, 0x7000 | mark.lessons);
  // 2 bits that are fixed, 2 of the arm, 18 of the cluster, 10 of the conversation; then its other 10, 1, 5, 3, 13.
  id.setUint32(8, 0x80000000 | (PROMPT_ARMS[mark.arm] << 28) | (cluster << 10) | (mark.conversation >>> 10));
  const shares = (Number(mark.isToldApart) << 8) | (plain << 3) | lesson;
  id.setUint32(12, ((mark.conversation & 0x3ff) << 22) | (shares << 13));
  id.setUint32(12, id.getUint32(12) | checksum(id));
  return stringify(new Uint8Array(id.buffer));
}

/** What an id says of its prompt; null for an id that was not made here. */
export function readPromptId(text: string): PromptMark | null {
  if (!validate(text) || version(text) !== 7) return null;
  const id = new DataView(parse(text).buffer);
  const [high, low] = [id.getUint32(8), id.getUint32(12)];
  id.setUint32(12, low & ~CHECKSUM);
  const plainShare = PLAIN_SHARES[(low >>> 16) & 0x1f];
  const lessonShare = LESSON_SHARES[(low >>> 13) & 7];
  if ((low & CHECKSUM) !== checksum(id) || plainShare === undefined || lessonShare === undefined) return null;
  return {
    arm: ARM_NAMES[(high >>> 28) & 3] ?? "plain",
    cluster: (high >>> 10) & 0x3ffff,
    lessons: id.getUint16(6) & 0xfff,
    conversation: ((high & 0x3ff) << 10) | (low >>> 22),
    isToldApart: ((low >>> 21) & 1) === 1,
    plainShare,
    lessonShare,
  };
}

/** 13 bits of the id without its last 13, mixed as MurmurHash3 mixes. */
function checksum(id: DataView): number {
  let hash = 0x5265_6472;
  for (let at = 0; at < 16; at += 4) {
    hash = Math.imul(hash ^ Math.imul(id.getUint32(at), 0xcc9e2d51), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return (Math.imul(hash, 0xc2b2ae35) >>> 19) & CHECKSUM;
}
