import { diffWordsWithSpace } from "diff";

/** A stretch of a text; `only`: the other text does not have it. */
interface Stretch {
  text: string;
  only: boolean;
}

/** Texts that differ by more edits than this are shown unmarked: they have little in common, and finding it is slow. */
const MOST_EDITS = 2_000;

/** Two texts, word by word: what each has that the other has not. */
export function wordDiff(one: string, other: string): { one: Stretch[]; other: Stretch[] } {
  const changes = diffWordsWithSpace(one, other, { maxEditLength: MOST_EDITS });
  if (changes === undefined) return { one: [{ text: one, only: false }], other: [{ text: other, only: false }] };
  return {
    one: changes.filter(({ added }) => !added).map(({ value, removed }) => ({ text: value, only: removed })),
    other: changes.filter(({ removed }) => !removed).map(({ value, added }) => ({ text: value, only: added })),
  };
}

/** A text in stretches; those that the other text does not have are marked. */
export function Marked({ stretches, as: Mark }: { stretches: Stretch[]; as: "del" | "ins" | "mark" }) {
  return (
    <p class="whole">{stretches.map(({ text, only }) => (only && text.trim() !== "" ? <Mark>{text}</Mark> : text))}</p>
  );
}
