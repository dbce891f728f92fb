import fc from "fast-check";
import { expect, it } from "vitest";
import { CONVERSATION_CODES } from "../../src/experiments/conversation.ts";
import { newPromptId, type PromptArm, type PromptMark, readPromptId } from "../../src/experiments/prompt-id.ts";
import { LESSON_SHARES, nearestShare, PLAIN_SHARES } from "../../src/experiments/shares.ts";
import { isId, newId, timeOf } from "../../src/lib/ids.ts";

const mark: fc.Arbitrary<PromptMark> = fc.record({
  arm: fc.constantFrom<PromptArm>("plain", "guided", "holdout", "shared"),
  cluster: fc.nat(2 ** 18 - 1),
  lessons: fc.nat(2 ** 12 - 1),
  conversation: fc.nat(CONVERSATION_CODES - 1),
  isToldApart: fc.boolean(),
  plainShare: fc.constantFrom(...PLAIN_SHARES),
  lessonShare: fc.constantFrom(...LESSON_SHARES),
});

const MARK: PromptMark = {
  ...{ arm: "guided", cluster: 7, lessons: 3, conversation: 77, isToldApart: true, plainShare: 0.1, lessonShare: 0.1 },
};

it("an id tells how and when its prompt was made, and is a UUID v7", () => {
  fc.assert(
    fc.property(mark, fc.nat(2 ** 43), (given, now) => {
      const id = newPromptId(given, { clock: () => now });
      expect(isId(id)).toBe(true);
      expect(readPromptId(id)).toEqual(given);
      expect(readPromptId(id.toUpperCase())).toEqual(given);
      expect(timeOf(id) - now).toBeOneOf([0, 1]);
    }),
  );
});

it("two prompts of one conversation at once are not taken for one", () => {
  const clock = () => 1_700_000_000_000;
  expect(newPromptId(MARK, { clock })).not.toBe(newPromptId(MARK, { clock }));
});

it("hardly another UUID is taken for an id of ours, and none of ours with a digit changed, nor other text", () => {
  const taken = Array.from({ length: 20_000 }, newId).filter((id) => readPromptId(id) !== null);
  // 13 bits of checksum: 2.4 of 20,000 are to be expected.
  expect(taken.length).toBeLessThan(20);
  const id = newPromptId(MARK, { clock: () => 1_700_000_000_000 });
  const changed = [...id].flatMap((digit, at) =>
    digit === "-" ? [] : [`${id.slice(0, at)}${digit === "0" ? "1" : "0"}${id.slice(at + 1)}`],
  );
  expect(changed.filter((other) => readPromptId(other) !== null)).toEqual([]);
  for (const text of ["", "refund", `${id}0`, id.replaceAll("-", "")]) expect(readPromptId(text)).toBeNull();
});

it("clusters beyond what an id can hold count as none", () => {
  const id = newPromptId({ ...MARK, cluster: 2 ** 18 }, { clock: () => 0 });
  expect(readPromptId(id)?.cluster).toBe(0);
});

it("a setting that no id can name means the nearest share, and none but 0 means 0", () => {
  expect(PLAIN_SHARES.length).toBeLessThanOrEqual(32);
  expect(LESSON_SHARES.length).toBeLessThanOrEqual(8);
  expect([0, 0.0001, 0.1, 0.115, 0.33, 1].map((setting) => nearestShare(PLAIN_SHARES, setting))).toEqual([
    ...[0, 0.001, 0.1, 0.12, 0.35, 1],
  ]);
  expect([0, 0.001, 0.1, 0.4].map((setting) => nearestShare(LESSON_SHARES, setting))).toEqual([0, 0.01, 0.1, 0.5]);
});
