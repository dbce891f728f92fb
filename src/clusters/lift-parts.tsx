import type { LessonEffectOutput, LiftOutput } from "../experiments/schemas.ts";

type Risk = Pick<LiftOutput, "relative_risk" | "low" | "high" | "more_failures">;

/** What guidance changes, in words. */
export function Lift({ lift }: { lift: LiftOutput }) {
  const { split, not_told_apart, failed } = lift;
  return (
    <>
      {lift.verdict === "split_failed" ? (
        <p class="error" role="alert">
          {`Nothing may be concluded: of ${whole(split.conversations)} conversations ${whole(split.plain)} were held out, and about ${whole(Math.round(split.expected))} should have been. Send a conversation_id with each prompt.`}
        </p>
      ) : (
        <p>
          <strong>{VERDICTS[lift.verdict]}</strong> {said(lift)}
        </p>
      )}
      <p class="hint">
        {`By ${whole(failed.guided)} guided and ${whole(failed.plain)} held-out conversations that failed. The numbers hold however often you look.`}
        {lift.verdict !== "split_failed" &&
          split.conversations > 0 &&
          ` Of ${whole(split.conversations)} conversations ${whole(split.plain)} were held out, and about ${whole(Math.round(split.expected))} should have been: nothing that chance does not explain.`}
      </p>
      {not_told_apart > 0 && (
        <p class="hint">
          {`Of these, ${whole(not_told_apart)} cannot be told from others: they begin as many do, such as "Hi", and have no conversation_id. Those that begin alike count as one, and guidance is not switched because of them.`}
        </p>
      )}
      <Reported lift={lift} />
    </>
  );
}

const VERDICTS = { helps: "It helps.", harms: "It does harm.", not_known: "Not known yet." };

function said(lift: LiftOutput): string {
  const risk = riskText(lift);
  if (risk === null) return whyNoRisk(lift);
  const guided = `With guidance a conversation is ${risk}.`;
  return lift.verdict === "not_known" ? `${guided} To know, it takes ${moreText(lift)}.` : guided;
}

function whyNoRisk({ failed, more_failures }: LiftOutput): string {
  if (failed.guided + failed.plain === 0) return "No conversation with guidance, given or held out, has failed.";
  return more_failures === 0
    ? "It changes something, but how much differs with the share that was held out: no one number says it."
    : "None was to be held out, or all were, so there is nothing to compare with.";
}

/** Where successes are reported as well. */
function Reported({ lift: { reported, rate_difference } }: { lift: LiftOutput }) {
  if (rate_difference === null) return null;
  const { guided, plain } = reported;
  const { value, low, high } = rate_difference;
  return (
    <p class="hint">
      {`Of conversations with a reported outcome ${percent(guided.failed / guided.conversations)} of ${whole(guided.conversations)} guided and ${percent(plain.failed / plain.conversations)} of ${whole(plain.conversations)} held-out ones failed: ${points(value)} points (95% interval ${points(low)} to ${points(high)}; below 0 it helps).`}
    </p>
  );
}

/** What one lesson does, in words. */
export function lessonText(effect: LessonEffectOutput | null): string {
  if (effect === null) return "What it does is not known yet: no failure since it is served.";
  const risk = riskText(effect);
  if (risk === null) {
    return effect.more_failures === 0
      ? "It changes something, but how much differs with the share that did without it: no one number says it."
      : "What it does is not known: no conversation was to do without it.";
  }
  const found = ` With it a conversation is ${risk}.`;
  if (effect.finding === "not_known") return `What it does is not known yet; it takes ${moreText(effect)}.${found}`;
  return `${effect.finding === "helps" ? "It helped." : "It does harm."}${found}`;
}

function riskText({ relative_risk, low, high }: Risk): string | null {
  if (low === null) return null;
  const times = relative_risk === null ? "many times" : `${relative_risk.toFixed(2)} times`;
  return `${times} as likely to fail as without (95% interval ${high === null ? `from ${low.toFixed(2)}` : `${low.toFixed(2)} to ${high.toFixed(2)}`})`;
}

function moreText({ more_failures }: Risk): string {
  return more_failures === null
    ? "more failures than can be foretold"
    : `about ${whole(more_failures)} more failures that go like these`;
}

const whole = (count: number) => count.toLocaleString("en");

const percent = (share: number) => `${(share * 100).toFixed(1)}%`;

function points(difference: number): string {
  const tenths = Math.round(difference * 1_000) / 10;
  return tenths > 0 ? `+${tenths}` : String(tenths).replace("-", "−");
}
