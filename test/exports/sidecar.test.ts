import { expect, it } from "vitest";
import { isAnyInSidecar, isInSidecar, sidecarLine } from "../../src/exports/sidecar.ts";

/** Every third number, in lines that get longer and shorter. */
const seqs = Array.from({ length: 3_000 }, (_, i) => 3 * i + 1);
const file = seqs
  .map((seq) => {
    const ids = { id: crypto.randomUUID(), failureId: crypto.randomUUID(), promptId: crypto.randomUUID() };
    const scores = { oldRating: seq % 2 ? null : 7, newRating: 100, scoreGainEstimate: seq % 5 ? -100 : 0 };
    return sidecarLine({ seq, ...ids, ...scores }, seq % 4 ? "training" : "validation", seq);
  })
  .join("");
const read = async (offset: number, length: number) => file.slice(offset, offset + length);

it("finds every improvement that is in a sidecar, and no other", async () => {
  expect(file.length).toBeGreaterThan(500_000);
  const found: number[] = [];
  for (let seq = 0; seq <= 9_001; seq++) if (await isInSidecar(seq, file.length, read)) found.push(seq);
  expect(found).toEqual(seqs);
  expect(await isInSidecar(1, 0, read)).toBe(false);
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
