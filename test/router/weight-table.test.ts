import { describe, expect, it } from "vitest";
import { BUCKETS } from "../../src/router/features.ts";
import { fromInt8, sumWeights, toInt8 } from "../../src/router/weight-table.ts";

/** Whole numbers that look random and are the same each time. */
function someBytes(length: number): Int8Array {
  let state = 12_345;
  return Int8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 16) & 0xff;
  });
}

describe("the weight table", () => {
  it.each([1, 2, 3, 4, 5, 21, 78, 401])("keeps and adds up %i columns exactly", (columns) => {
    const weights = someBytes(BUCKETS * columns);
    const table = fromInt8(weights, columns);
    expect(toInt8(table)).toEqual(weights);
    for (const count of [0, 1, 3, 4, 255, 256, 257, 2_000]) {
      const buckets = Uint16Array.from({ length: count }, (_, i) => (i * 7_919) % BUCKETS);
      const sums = new Int32Array(404);
      sumWeights(table, buckets, count, sums);
      const plain = new Int32Array(columns);
      for (const bucket of buckets) {
        for (let column = 0; column < columns; column++) {
          plain[column] = (plain[column] ?? 0) + (weights[bucket * columns + column] ?? 0);
        }
      }
      expect(sums.slice(0, columns)).toEqual(plain);
    }
  });

  it("holds the largest sums: no column spills into its neighbour", () => {
    const weights = new Int8Array(BUCKETS * 4);
    for (let i = 0; i < weights.length; i += 4) weights.set([127, -128, 127, -128], i);
    const sums = new Int32Array(4);
    sumWeights(fromInt8(weights, 4), new Uint16Array(BUCKETS), BUCKETS, sums);
    expect([...sums]).toEqual([127 * BUCKETS, -128 * BUCKETS, 127 * BUCKETS, -128 * BUCKETS]);
  });
});
