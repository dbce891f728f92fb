import type { Services } from "../services.ts";

/**
 * How a prompt was made, read from its id alone: serving a prompt then costs no read and no write, and nothing can be
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

/** Lessons that a cluster may have at a time: one bit each. */
export const LESSON_SLOTS = 12;

const MOST_CLUSTERS = 1 << 20;
const NONCES = 1 << 20;

/** A new id for a prompt made now. Clusters beyond the millionth count as none. */
export function newPromptId(mark: PromptMark, { clock, chance }: Pick<Services, "clock" | "chance">): string {
  const cluster = mark.cluster < MOST_CLUSTERS ? mark.cluster : 0;
  const nonce = Math.floor(chance() * NONCES);
  const now = clock();
  const words: Words = [
    Math.floor(now / 0x10000) | 0,
    ((now % 0x10000) << 16) | 0x7000 | mark.lessons,
    0x80000000 | (PROMPT_ARMS[mark.arm] << 28) | (cluster << 8) | (nonce >>> 12),
    (nonce & 0xfff) << 20,
  ];
  words[3] |= checksum(words);
  const [a, b, c, d] = words.map((word) => (word >>> 0).toString(16).padStart(8, "0")) as [
    string,
    string,
    string,
    string,
  ];
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** What an id says of its prompt; null for an id that was not made here. */
export function readPromptId(id: string): PromptMark | null {
  if (!UUID_V7.test(id)) return null;
  const digits = id.replaceAll("-", "");
  const word = (nth: number) => Number.parseInt(digits.slice(8 * nth, 8 * nth + 8), 16) | 0;
  const [time, lessons, high, last] = [word(0), word(1), word(2), word(3)];
  if ((last & 0xfffff) !== checksum([time, lessons, high, last & 0xfff00000])) return null;
  const arm = ARM_NAMES[(high >>> 28) & 3] ?? "plain";
  return { arm, cluster: (high >>> 8) & 0xfffff, lessons: lessons & 0xfff };
}

/** The 128 bits of an id, 32 at a time. */
type Words = [number, number, number, number];

/** 20 bits of an id without its last 20, mixed as MurmurHash3 mixes. */
function checksum(words: Words): number {
  let hash = 0x5265_6472;
  for (const word of words) {
    hash = Math.imul(hash ^ Math.imul(word, 0xcc9e2d51), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return (Math.imul(hash, 0xc2b2ae35) >>> 12) & 0xfffff;
}
