import { areNear, BANDS, type Sketch } from "./sketch.ts";

const NOBODY = -1;

/** Sketches in flat arrays, about 170 bytes each, in which those of near duplicates are found. */
export class NearIndex {
  readonly #sketches: Uint32Array;
  /** The newest entry of each slot, and the entry before each; an entry is a sketch's place times `BANDS`, plus its band. */
  readonly #heads: Int32Array;
  readonly #before: Int32Array;
  readonly #taken: Uint8Array;
  #size = 0;

  /** @param most how many it can hold */
  constructor(most: number) {
    this.#sketches = new Uint32Array(most * BANDS);
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(2, most * BANDS)))).fill(NOBODY);
    this.#before = new Int32Array(most * BANDS).fill(NOBODY);
    this.#taken = new Uint8Array(most);
  }

  /** How many it holds, those taken out included: each has its place in the order they came. */
  get size(): number {
    return this.#size;
  }

  isTaken(place: number): boolean {
    return this.#taken[place] === 1;
  }

  add(sketch: Sketch): void {
    const place = this.#size++;
    this.#sketches.set(sketch, place * BANDS);
    for (let band = 0; band < BANDS; band++) {
      const slot = this.#slotOf(sketch[band] ?? 0, band);
      const entry = place * BANDS + band;
      this.#before[entry] = this.#heads[slot] ?? NOBODY;
      this.#heads[slot] = entry;
    }
  }

  has(sketch: Sketch): boolean {
    return this.#find(sketch, false, () => {});
  }

  /** Takes out a sketch by its place, and all near ones, and all near those. */
  takeGroupOf(place: number): void {
    const open = [place];
    this.#taken[place] = 1;
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const own = this.#sketches.subarray(next * BANDS, (next + 1) * BANDS);
      this.#find(own, true, (found) => open.push(found));
    }
  }

  /** Takes out the sketches that are near one. @returns their places */
  takeNear(sketch: Sketch): number[] {
    const found: number[] = [];
    this.#find(sketch, true, (place) => found.push(place));
    return found;
  }

  /** Takes out all sketches that are near one, and all near those. */
  takeGroupsNear(sketch: Sketch): void {
    for (const place of this.takeNear(sketch)) this.takeGroupOf(place);
  }

  /** @param all take out each that is near, rather than stop at the first */
  #find(sketch: Sketch, all: boolean, meet: (place: number) => void): boolean {
    for (let band = 0; band < BANDS; band++) {
      const slot = this.#slotOf(sketch[band] ?? 0, band);
      let newer = NOBODY;
      for (let entry = this.#heads[slot] ?? NOBODY; entry !== NOBODY; entry = this.#before[entry] ?? NOBODY) {
        const place = Math.floor(entry / BANDS);
        if (all && this.#taken[place] === 0 && areNear(this.#sketches, sketch, place * BANDS)) {
          this.#taken[place] = 1;
          meet(place);
        } else if (!all && areNear(this.#sketches, sketch, place * BANDS)) return true;
        // What is taken leaves its slots when somebody comes by, or large groups would be gone through again and again.
        if (this.#taken[place] === 0) newer = entry;
        else if (newer === NOBODY) this.#heads[slot] = this.#before[entry] ?? NOBODY;
        else this.#before[newer] = this.#before[entry] ?? NOBODY;
      }
    }
    return false;
  }

  #slotOf(key: number, band: number): number {
    const h = Math.imul(key ^ Math.imul(band + 1, 0x9e3779b1), 0x85ebca6b);
    return ((h ^ (h >>> 15)) >>> 0) & (this.#heads.length - 1);
  }
}
