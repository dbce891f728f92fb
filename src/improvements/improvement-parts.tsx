import type { Child } from "hono/jsx";
import type { GuardFinding } from "../db/schema/improvements.ts";
import type { Pairwise } from "../db/schema/judge.ts";
import { Rating } from "../ui/gain.tsx";
import { TextSection } from "../ui/text-section.tsx";
import { type ExportRule, notExportable, whyNotExportable } from "./is-exportable.ts";
import type { ImprovementOutput } from "./schemas.ts";

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
  const refusal = notExportable(
    {
      scoreGainEstimate: improvement.score_gain_estimate,
      newRating: improvement.new_rating,
      pairwise: improvement.pairwise,
      guardFindings: improvement.guard_findings,
      reviewStatus: improvement.review_status,
      edited: improvement.edited,
    },
    rule,
  );
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

/** A reply under its title, with what the judge rated it. */
export function RatedText({ title, rating, children }: { title: string; rating: number | null; children: Child }) {
  return (
    <TextSection
      title={
        <>
          {title} <Rating rating={rating} />
        </>
      }
    >
      {children}
    </TextSection>
  );
}
