import type { GuardFinding } from "../db/schema/improvements.ts";
import type { Pairwise } from "../db/schema/judge.ts";
import { type ExportRule, exportRefusal, whyNotExportable } from "./is-exportable.ts";
import type { ImprovementOutput } from "./schemas.ts";

/** What the comparison of the two replies means, in words. */
export const PAIRWISE_WORDS: Record<Pairwise, string> = {
  won: "Face to face, the judge prefers the improved reply in both orders.",
  lost: "Face to face, the judge prefers the old reply in both orders.",
  tie: "Face to face, the judge is undecided, or changes its mind with the order.",
  unknown: "The judge gave no usable verdict face to face.",
};

/** What the guards found in the improved reply. */
export function GuardWarnings({ findings }: { findings: GuardFinding[] }) {
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

/** Whether it goes into training files, and otherwise why not. */
export function exportState(improvement: ImprovementOutput, rule: ExportRule): { goesIn: boolean; sentence: string } {
  const refusal = exportRefusal(improvement, rule);
  return refusal === null
    ? { goesIn: true, sentence: "Goes into training files." }
    : { goesIn: false, sentence: `Stays out of training files: ${whyNotExportable(refusal, rule)}.` };
}

export function HelpdeskLink({ url }: { url: string | null }) {
  if (url === null) return null;
  return (
    <a href={url} rel="noopener noreferrer nofollow">
      Message in helpdesk
    </a>
  );
}
