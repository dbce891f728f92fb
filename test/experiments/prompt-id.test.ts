import fc from "fast-check";
import { expect, it } from "vitest";
import { newPromptId, type PromptArm, readPromptId } from "../../src/experiments/prompt-id.ts";
import { isId, newId, timeOf } from "../../src/lib/ids.ts";

const arm = fc.constantFrom<PromptArm>("plain", "guided", "holdout", "shared");
const mark = fc.record({ arm, cluster: fc.nat(2 ** 20 - 1), lessons: fc.nat(2 ** 12 - 1) });

it("an id tells cluster, arm, lessons and time of its prompt, and is a UUID v7", () => {
  fc.assert(
    fc.property(
      mark,
      fc.nat(2 ** 43),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (given, now, chance) => {
        const id = newPromptId(given, { clock: () => now, chance: () => chance });
        expect(isId(id)).toBe(true);
        expect(readPromptId(id)).toEqual(given);
        expect(readPromptId(id.toUpperCase())).toEqual(given);
        expect(timeOf(id)).toBe(now);
      },
    ),
  );
});

it("no other UUID is taken for an id of ours, nor one of ours with a digit changed, nor other text", () => {
  for (let i = 0; i < 1_000; i++) expect(readPromptId(newId())).toBeNull();
  const id = newPromptId(
    { arm: "guided", cluster: 7, lessons: 3 },
    { clock: () => 1_700_000_000_000, chance: () => 0.3 },
  );
  for (let at = 0; at < id.length; at++) {
    if (id[at] === "-") continue;
    const other = `${id.slice(0, at)}${id[at] === "0" ? "1" : "0"}${id.slice(at + 1)}`;
    expect(readPromptId(other), other).toBeNull();
  }
  for (const text of ["", "refund", `${id}0`, id.replaceAll("-", "")]) expect(readPromptId(text)).toBeNull();
});

it("clusters beyond the millionth count as none", () => {
  const id = newPromptId({ arm: "guided", cluster: 2 ** 20, lessons: 0 }, { clock: () => 0, chance: () => 0 });
  expect(readPromptId(id)?.cluster).toBe(0);
});
