import { excerpt } from "../lib/text.ts";
import { Marked, wordDiff } from "../ui/diff.tsx";
import { Gain } from "../ui/gain.tsx";
import { TextSection } from "../ui/text-section.tsx";
import { exportState, GuardWarnings, HelpdeskLink, PAIRWISE_WORDS, RatedText } from "./improvement-parts.tsx";
import type { ExportRule } from "./is-exportable.ts";
import type { ImprovementDetail } from "./queries.ts";
import type { LeftFailure } from "./review-queue.ts";

/** What the person had entered when it could not be saved, and why it could not. */
export interface Unsaved {
  problems: string[];
  correctedReply?: string | undefined;
  note?: string | undefined;
}

interface Props {
  improvement: ImprovementDetail | null;
  /** The place of this improvement in the queue: the next comes after it. */
  cursor: string;
  isFirst: boolean;
  unreviewed: number;
  failures: LeftFailure[];
  rule: ExportRule;
  unsaved?: Unsaved;
}

export function ReviewPage({ improvement, cursor, isFirst, unreviewed, failures, rule, unsaved }: Props) {
  return (
    <>
      <h1>Review</h1>
      <p class="hint">
        {unreviewed === 0
          ? "Every improved reply has been reviewed."
          : `${unreviewed} improved ${unreviewed === 1 ? "reply waits" : "replies wait"} for a person, the most doubtful first: lost or undecided comparisons, warnings of the guards, small or uncertain gains.`}
      </p>
      {unsaved !== undefined && (
        <div class="error card-wide" role="alert">
          {unsaved.problems.map((problem) => (
            <p>{problem}</p>
          ))}
        </div>
      )}
      {improvement === null ? (
        <p class="empty">
          {unreviewed > 0 && !isFirst ? (
            <>
              That was the last one. <a href="/review">Start again with those you skipped</a>
            </>
          ) : (
            "Nothing is waiting for review."
          )}
        </p>
      ) : (
        <Case improvement={improvement} cursor={cursor} rule={rule} unsaved={unsaved} />
      )}
      <LeftFailures failures={failures} />
      <script src="/review.js" defer />
    </>
  );
}

function Case({
  improvement,
  cursor,
  rule,
  unsaved,
}: Pick<Props, "cursor" | "rule" | "unsaved"> & { improvement: ImprovementDetail }) {
  return (
    <article class="review">
      <p class="review-facts">
        <Gain gain={improvement.score_gain_estimate} spread={improvement.gain_spread} />
        <span>{PAIRWISE_WORDS[improvement.pairwise]}</span>
        {improvement.failure_category !== null && <span class="tag">{improvement.failure_category}</span>}
        {improvement.topic !== null && <span class="tag topic">{improvement.topic}</span>}
        {improvement.review_status !== "unreviewed" && <span class="tag topic">{improvement.review_status}</span>}
        <a href={`/improvements/${improvement.id}`}>What the judge said</a>
      </p>
      <GuardWarnings findings={improvement.guard_findings} />
      <TextSection title="Prompt">{improvement.original_prompt}</TextSection>
      {improvement.failure_explanation !== null && (
        <TextSection title="Why the reply failed">{improvement.failure_explanation}</TextSection>
      )}
      <MarkedReplies improvement={improvement} />
      <p class="hint">
        <del>Struck</del>: only in the old reply. <ins>Underlined</ins>: new. <mark>Marked</mark>: the agent's words
        that the improved reply does not have. Very long texts with little in common stay unmarked.
      </p>
      <p class="hint">{exportState(improvement, rule).sentence}</p>
      <DecisionForm improvement={improvement} cursor={cursor} unsaved={unsaved} />
    </article>
  );
}

/** The replies, with what each has that the other has not. */
function MarkedReplies({ improvement }: { improvement: ImprovementDetail }) {
  const changes = wordDiff(improvement.original_reply.trim(), improvement.corrected_reply.trim());
  const improved = <Marked stretches={changes.other} as="ins" />;
  const missing = wordDiff(improvement.agent_reply.trim(), improvement.corrected_reply.trim());
  return (
    <div class="side-by-side">
      <RatedText title="Old reply" rating={improvement.old_rating}>
        <Marked stretches={changes.one} as="del" />
      </RatedText>
      {improvement.edited ? (
        <TextSection title="Improved reply, edited since">{improved}</TextSection>
      ) : (
        <RatedText title="Improved reply" rating={improvement.new_rating}>
          {improved}
        </RatedText>
      )}
      <TextSection title="Agent's reply">
        <Marked stretches={missing.one} as="mark" />
      </TextSection>
    </div>
  );
}

function DecisionForm({
  improvement,
  cursor,
  unsaved,
}: Pick<Props, "cursor" | "unsaved"> & { improvement: ImprovementDetail }) {
  return (
    <form class="decision" method="post" action={`/improvements/${improvement.id}/review`}>
      {/* Enter in a field presses a form's first button: this one, which does nothing, instead of "Approve". */}
      <button type="submit" disabled hidden />
      <input type="hidden" name="version" value={improvement.version} />
      <input type="hidden" name="cursor" value={cursor} />
      <details open={unsaved?.correctedReply !== undefined}>
        <summary>
          Edit the improved reply <kbd>e</kbd>
        </summary>
        <label>
          Reply
          <textarea name="corrected_reply" rows={10} data-edit>
            {unsaved?.correctedReply ?? improvement.corrected_reply}
          </textarea>
        </label>
        <p class="hint">
          The judge's numbers stay those of the text it saw. An approved edit goes into training files on your word.
        </p>
        <button type="submit" name="decision" value="edit" data-save>
          Save and approve
        </button>
      </details>
      <div class="decision-fields">
        <label>
          Note, such as why it is rejected
          <input name="note" maxlength={2000} value={unsaved?.note ?? ""} data-note />
        </label>
      </div>
      <p class="decision-buttons">
        <button type="submit" name="decision" value="approve" data-key="a">
          Approve <kbd>a</kbd>
        </button>
        <button type="submit" name="decision" value="reject" class="danger" data-reject>
          Reject <kbd>r</kbd>
        </button>
        <a class="button" href={`/review?after=${encodeURIComponent(cursor)}`} data-key="s">
          Skip <kbd>s</kbd>
        </a>
      </p>
    </form>
  );
}

const SHOWN_CHARACTERS = 400;

function LeftFailures({ failures }: Pick<Props, "failures">) {
  if (failures.length === 0) return null;
  return (
    <section>
      <h2>Failures left to people</h2>
      <p class="hint">No improved reply was stored for these, for the reason given.</p>
      <ul class="left-failures">
        {failures.map((failure) => (
          <li>
            <p>
              <span class="tag topic">{failure.reasonCode}</span>
              {failure.reason}
            </p>
            <p class="reply">{excerpt(failure.originalPrompt, SHOWN_CHARACTERS)}</p>
            <details>
              <summary>Replies</summary>
              <div class="side-by-side">
                <TextSection title="Old reply">{failure.aiReply}</TextSection>
                <TextSection title="Agent's reply">{failure.agentReply}</TextSection>
              </div>
            </details>
            <HelpdeskLink url={failure.contextUrl} />
          </li>
        ))}
      </ul>
    </section>
  );
}
