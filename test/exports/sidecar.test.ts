import { expect, it } from "vitest";
import { isInSidecar, sidecarLine } from "../../src/exports/sidecar.ts";

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
