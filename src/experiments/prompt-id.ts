import { parse, stringify, validate, version } from "uuid";
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
  const id = new DataView(new ArrayBuffer(16));
  id.setUint32(0, Math.floor(now / 0x10000));
  id.setUint16(4, now % 0x10000);
  id.setUint16(6, 0x7000 | mark.lessons);
  id.setUint32(8, 0x80000000 | (PROMPT_ARMS[mark.arm] << 28) | (cluster << 8) | (nonce >>> 12));
  id.setUint32(12, (nonce & 0xfff) << 20);
  id.setUint32(12, id.getUint32(12) | checksum(id));
  return stringify(new Uint8Array(id.buffer));
}

/** What an id says of its prompt; null for an id that was not made here. */
export function readPromptId(text: string): PromptMark | null {
  if (!validate(text) || version(text) !== 7) return null;
  const id = new DataView(parse(text).buffer);
  const last = id.getUint32(12);
  id.setUint32(12, last & 0xfff00000);
  if ((last & 0xfffff) !== checksum(id)) return null;
  const high = id.getUint32(8);
  const arm = ARM_NAMES[(high >>> 28) & 3] ?? "plain";
  return { arm, cluster: (high >>> 8) & 0xfffff, lessons: id.getUint16(6) & 0xfff };
}

/** 20 bits of the id without its last 20, mixed as MurmurHash3 mixes. */
function checksum(id: DataView): number {
  let hash = 0x5265_6472;
  for (let at = 0; at < 16; at += 4) {
    hash = Math.imul(hash ^ Math.imul(id.getUint32(at), 0xcc9e2d51), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  return (Math.imul(hash, 0xc2b2ae35) >>> 12) & 0xfffff;
}
