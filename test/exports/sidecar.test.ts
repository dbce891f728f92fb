import { expect, it } from "vitest";
import { isAnyInSidecar, seqsInSidecar, sidecarLine } from "../../src/exports/sidecar.ts";

/** Every third number, in lines that get longer and shorter. */
const seqs = Array.from({ length: 3_000 }, (_, i) => 3 * i + 1);
const file = seqs
  .map((seq) => {
    const ids = { id: crypto.randomUUID(), failureId: crypto.randomUUID(), promptId: crypto.randomUUID() };
    const scores = { oldRating: seq % 2 ? null : 7, newRating: 100, scoreGainEstimate: seq % 5 ? -100 : 0 };
    return sidecarLine({ seq, ...ids, ...scores }, seq % 4 ? "training" : "validation", seq);
  })
  .join("");
let reads = 0;
const read = async (offset: number, length: number) => {
  reads += 1;
  return file.slice(offset, offset + length);
};
const every = Array.from({ length: 9_002 }, (_, seq) => seq);

it("finds every improvement that is in a sidecar, and no other, one by one", async () => {
  expect(file.length).toBeGreaterThan(500_000);
  const found: number[] = [];
  for (const seq of every) found.push(...(await seqsInSidecar([seq], file.length, read)));
  expect(found).toEqual(seqs);
  expect(await seqsInSidecar([1], 0, read)).toEqual(new Set());
});

it("reads a sidecar once for many improvements, and a few bytes of it for neighbours", async () => {
  reads = 0;
  expect([...(await seqsInSidecar(every, file.length, read))].toSorted((a, b) => a - b)).toEqual(seqs);
  // Pieces of at least 32 KB, and a look for each halving.
  expect(reads).toBeLessThan((2 * file.length) / 32_768);
  reads = 0;
  expect(await seqsInSidecar([4, 5, 6, 7], file.length, read)).toEqual(new Set([4, 7]));
  expect(reads).toBeLessThan(8);
});

it("finds whether any of many is in a sidecar, wherever they are", async () => {
  const opened: number[] = [];
  const open = async (offset: number) => {
    opened.push(offset);
    return new Blob([file.slice(offset)]).stream();
  };
  const any = (wanted: number[]) => isAnyInSidecar(wanted, file.length, read, open);
  for (const seq of [1, 4, 4_501, 8_995, 8_998]) expect(await any([seq]), `${seq}`).toBe(true);
  expect(await any([4_499, 4_500, 4_501])).toBe(true);
  expect(await any([0, 8_998])).toBe(true);
  expect(await any([0, 3, 4_500, 8_999])).toBe(false);
  expect(await any([])).toBe(false);
  // Not from the beginning, where they are all at the end.
  expect(await any([8_994])).toBe(false);
  expect(opened.at(-1)).toBeGreaterThan(file.length / 2);
  expect(await isAnyInSidecar([1], 0, read, open)).toBe(false);
});
