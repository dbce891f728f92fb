/** A 64-bit hash, as two unsigned halves. */
export interface Hash64 {
  high: number;
  low: number;
}

const SPACE = 32;

/**
 * Hashes of a prompt, and of the prompt with its reply, in one pass, case (ASCII) and runs of white space aside. Two
 * 32-bit lanes, mixed at the end as cyrb53 does. By chance two of a million different pairs are taken for the same
 * once in 37 million exports (n² / 2^65).
 */
export function hashPair(prompt: string, reply: string): { prompt: Hash64; pair: Hash64 } {
  const lanes = { a: 0xdeadbeef, b: 0x41c6ce57 };
  feed(lanes, prompt);
  const ofPrompt = finish(lanes);
  // A separator that no character equals, so that text can not move from the prompt to the reply.
  mix(lanes, 0x10ffff);
  feed(lanes, reply);
  return { prompt: ofPrompt, pair: finish(lanes) };
}

interface Lanes {
  a: number;
  b: number;
}

function mix(lanes: Lanes, code: number): void {
  lanes.a = Math.imul(lanes.a ^ code, 2654435761);
  lanes.b = Math.imul(lanes.b ^ code, 1597334677);
}

function feed(lanes: Lanes, text: string): void {
  let { a, b } = lanes;
  let spaces = true;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code <= SPACE || code === 0xa0) {
      if (spaces) continue;
      spaces = true;
      code = SPACE;
    } else {
      spaces = false;
      if (code >= 65 && code <= 90) code += 32;
    }
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  lanes.a = a;
  lanes.b = b;
}

function finish({ a, b }: Lanes): Hash64 {
  const high = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  const low = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return { high: high >>> 0, low: low >>> 0 };
}

/** Whether a prompt goes to the validation file: the same prompt always goes the same way. */
export function isHeldOut(prompt: Hash64, fraction: number): boolean {
  return prompt.high / 2 ** 32 < fraction;
}

const FIRST_SLOTS = 2 ** 12;

/** 32 MB, for 3 million rows: what stays free of an isolate's 128 MB is needed for parts and pages. */
const MOST_SLOTS = 2 ** 22;

const FULLEST = 0.75;

/** A set of 64-bit hashes in one flat array (open addressing): 16 MB at a million, where a `Set` takes 60 and more. */
export class HashSet64 {
  #slots = new Uint32Array(FIRST_SLOTS * 2);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** True when no more can be remembered; from then on `add` only looks up. */
  get isFull(): boolean {
    return this.#size >= MOST_SLOTS * FULLEST;
  }

  /** @returns false when it was there already */
  add({ high, low }: Hash64): boolean {
    if (this.#size + 1 > (this.#slots.length / 2) * FULLEST && !this.isFull) this.#grow();
    const at = find(this.#slots, high, low);
    if (at < 0) return false;
    if (this.isFull) return true;
    this.#slots[at] = high;
    // Two zeros mark a free slot.
    this.#slots[at + 1] = high === 0 && low === 0 ? 1 : low;
    this.#size += 1;
    return true;
  }

  #grow(): void {
    const before = this.#slots;
    const slots = new Uint32Array(before.length * 2);
    for (let i = 0; i < before.length; i += 2) {
      const high = before[i] ?? 0;
      const low = before[i + 1] ?? 0;
      if (high === 0 && low === 0) continue;
      const at = find(slots, high, low);
      slots[at] = high;
      slots[at + 1] = low;
    }
    this.#slots = slots;
  }
}

/** The free slot for a hash, or -1 when it is there. */
function find(slots: Uint32Array, high: number, low: number): number {
  const mask = slots.length / 2 - 1;
  const kept = high === 0 && low === 0 ? 1 : low;
  for (let slot = kept & mask; ; slot = (slot + 1) & mask) {
    const at = slot * 2;
    if (slots[at] === 0 && slots[at + 1] === 0) return at;
    if (slots[at] === high && slots[at + 1] === kept) return -1;
  }
}
