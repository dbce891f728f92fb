/**
 * How a prompt was made, told by its id alone: serving a prompt then costs no read and no write, and nothing can be
 * lost between prompt and outcome. The id is a UUID v7 whose 74 free bits hold the cluster's number, the arm, which
 * lessons were in it, 20 random bits and a checksum. The checksum tells our ids from other UUIDs; it is no
 * signature, because whoever may report outcomes could lie about them anyway.
 */
export interface PromptMark {
  arm: PromptArm;
  /** The cluster's number; 0 for none. */
  cluster: number;
  /** Bit n: the lesson in slot n was in the prompt. */
  lessons: number;
}

/**
 * `guided` and `holdout` are compared with each other: both are prompts for which there was guidance, and a hash
 * decided which one got it. `plain` had none to give, `shared` had only what holds across clusters.
 */
export const PROMPT_ARMS = { plain: 0, guided: 1, holdout: 2, shared: 3 } as const;
export type PromptArm = keyof typeof PROMPT_ARMS;

const ARM_NAMES = ["plain", "guided", "holdout", "shared"] as const satisfies PromptArm[];

/** Lessons that a cluster may have in force: one bit each. */
export const LESSON_SLOTS = 12;

const MOST_CLUSTERS = 1 << 20;
const NONCES = 1 << 20;

/** A new id for a prompt made now. Clusters beyond the millionth count as none. */
export function newPromptId(mark: PromptMark, now: number): string {
  const cluster = mark.cluster < MOST_CLUSTERS ? mark.cluster : 0;
  const nonce = Math.floor(Math.random() * NONCES);
  const timeHigh = Math.floor(now / 0x1000000);
  const timeLow = now & 0xffffff;
  const high = 0x80000000 | (PROMPT_ARMS[mark.arm] << 28) | (cluster << 8) | (nonce >>> 12);
  const low = (nonce & 0xfff) << 20;
  const last = low | checksum(timeHigh, timeLow, mark.lessons, high, low);
  return (
    `${hex(timeHigh >>> 16)}${hex(timeHigh >>> 8)}${hex(timeHigh)}${hex(timeLow >>> 16)}-` +
    `${hex(timeLow >>> 8)}${hex(timeLow)}-7${HEX_DIGITS[mark.lessons >>> 8]}${hex(mark.lessons)}-` +
    `${hex(high >>> 24)}${hex(high >>> 16)}-` +
    `${hex(high >>> 8)}${hex(high)}${hex(last >>> 24)}${hex(last >>> 16)}${hex(last >>> 8)}${hex(last)}`
  );
}

const HEX_DIGITS = "0123456789abcdef";
/** By table: writing numbers in hex is half the cost of an id, and every prompt has one. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The lowest byte of a number. */
function hex(value: number): string {
  return HEX[value & 0xff] as string;
}

/** What an id says of its prompt; null for an id that was not made here. */
export function readPromptId(id: string): PromptMark | null {
  const digits = id.toLowerCase().replaceAll("-", "");
  if (!/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/.test(digits)) return null;
  const lessons = Number.parseInt(digits.slice(13, 16), 16);
  const high = Number.parseInt(digits.slice(16, 24), 16);
  const last = Number.parseInt(digits.slice(24), 16);
  const low = (last & 0xfff00000) | 0;
  const timeHigh = Number.parseInt(digits.slice(0, 6), 16);
  const timeLow = Number.parseInt(digits.slice(6, 12), 16);
  if ((last & 0xfffff) !== checksum(timeHigh, timeLow, lessons, high, low)) return null;
  const arm = ARM_NAMES[(high >>> 28) & 3] ?? "plain";
  return { arm, cluster: (high >>> 8) & 0xfffff, lessons };
}

/** 20 bits, mixed as MurmurHash3 mixes. */
function checksum(timeHigh: number, timeLow: number, lessons: number, high: number, low: number): number {
  const hash = mix(mix(mix(mix(mix(0x5265_6472, timeHigh), timeLow), lessons), high), low);
  return (Math.imul(hash, 0xc2b2ae35) >>> 12) & 0xfffff;
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ Math.imul(word, 0xcc9e2d51), 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
