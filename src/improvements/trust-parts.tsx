import type { GuardFinding } from "../db/schema/improvements.ts";
import type { Pairwise } from "../db/schema/judge.ts";

/** What the comparison of the two replies means, in words. */
export const PAIRWISE_WORDS: Record<Pairwise, string> = {
  won: "Face to face, the judge prefers the improved reply in both orders.",
  lost: "Face to face, the judge prefers the old reply in both orders.",
  tie: "Face to face, the judge is undecided, or changes its mind with the order.",
  unknown: "The judge gave no usable verdict face to face.",
};

/** What the guards found in the improved reply, told to people. */
export function Warnings({ findings }: { findings: GuardFinding[] }) {
  if (findings.length === 0) return null;
  return (
    <ul class="warnings">
      {findings.map(({ guard, detail }) => (
        <li>
          <strong>{guard.replaceAll("_", " ")}</strong>: {detail}
        </li>
      ))}
    </ul>
  );
}
