import type { Hash64 } from "../lib/text-hash.ts";

const FIRST_SLOTS = 2 ** 12;

const FULLEST = 0.75;

/** A set of 64-bit hashes in one flat array (open addressing): 16 MB at a million, where a `Set` takes 60 and more. */
export class HashSet64 {
  #slots = new Uint32Array(FIRST_SLOTS * 2);
  #size = 0;
  readonly #most: number;

  /** @param mostSlots a power of two */
  constructor(mostSlots: number) {
    this.#most = mostSlots * FULLEST;
  }

  /** True when no more can be remembered; from then on `add` only looks up. */
  get isFull(): boolean {
    return this.#size >= this.#most;
  }

  /** @returns false when it was there already */
  add({ high, low }: Hash64): boolean {
    if (this.#size + 1 > (this.#slots.length / 2) * FULLEST && !this.isFull) this.#grow();
    // Two zeros mark a free slot.
    const kept = high === 0 && low === 0 ? 1 : low;
    const at = find(this.#slots, high, kept);
    if (at < 0) return false;
    if (this.isFull) return true;
    this.#slots[at] = high;
    this.#slots[at + 1] = kept;
    this.#size += 1;
    return true;
  }

  #grow(): void {
    const before = this.#slots;
    const slots = new Uint32Array(before.length * 2);
    for (let i = 0; i < before.length; i += 2) {
      const [high = 0, low = 0] = [before[i], before[i + 1]];
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
  for (let slot = low & mask; ; slot = (slot + 1) & mask) {
    const at = slot * 2;
    if (slots[at] === 0 && slots[at + 1] === 0) return at;
    if (slots[at] === high && slots[at + 1] === low) return -1;
  }
}
