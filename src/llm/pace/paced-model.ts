import { SECOND } from "../../lib/time.ts";
import { LimitError } from "../limit-error.ts";
import { type Model, type ModelAnswer, ModelError, type ModelRequest } from "../model.ts";
import { Desk, type DeskOptions } from "./desk.ts";
import type { Limits, SetLimits } from "./lane.ts";
import type { CallReport } from "./pace.ts";

export type PacedOptions = Pick<DeskOptions, "lane" | "clock" | "sleep"> &
  Partial<DeskOptions> & {
    /** What a failed call says about the provider. */
    outcomeOf?: (error: ModelError) => CallReport["outcome"];
    /** What an answer or an error says about limits. */
    limitsOf?: (from: ModelAnswer | ModelError) => Limits | null;
  };

const LEARN: SetLimits = { requests: 0, tokens: 0 };

/** Characters to a token, in English; the lane learns the true ratio. */
const CHARACTERS_PER_TOKEN = 4;
/** A reply or a rating, long before the largest answer allowed. */
const EXPECTED_OUTPUT_TOKENS = 300;

/** The same call is asked again after an overload at most this often; then its caller decides. */
const OVERLOADS_IN_PLACE = 2;
/** And after a refusal for a limit: then it waits outside, so that it does not hold up its consumer. */
const REFUSALS_IN_PLACE = 6;
const REFUSED_OUTSIDE_MS = 60 * SECOND;

/** The same model for one invocation, each call of which begins when the lane that all share says so. */
export function paceModel(model: Model, options: PacedOptions): Model {
  const { lane, clock, sleep, for: waitsFor = "background", set = LEARN, mayBegin = () => true } = options;
  const { outcomeOf = defaultOutcome, limitsOf = ({ limits }) => limits ?? null } = options;
  const desk = new Desk({ lane, clock, sleep, for: waitsFor, set, mayBegin });

  async function once(request: ModelRequest, refusedBefore: number): Promise<ModelAnswer> {
    const id = await desk.begin(expectedTokens(request));
    const done = (outcome: CallReport["outcome"], from: ModelAnswer | ModelError): void => {
      if (id === null) return;
      const retryAfterMs = from instanceof ModelError ? from.retryAfterMs : null;
      const tokensUsed = from.usage.inputTokens + from.usage.outputTokens;
      desk.report({ id, outcome, limits: limitsOf(from), retryAfterMs, tokensUsed, refusedBefore });
    };
    try {
      const answer = await model.complete(request);
      done("ok", answer);
      return answer;
    } catch (error) {
      if (error instanceof ModelError) done(outcomeOf(error), error);
      throw error;
    }
  }

  return {
    async complete(request) {
      let [refused, overloaded] = [0, 0];
      desk.enter();
      try {
        for (;;) {
          try {
            return await once(request, refused);
          } catch (error) {
            if (!(error instanceof ModelError) || error instanceof LimitError) throw error;
            const outcome = outcomeOf(error);
            const isLimit = outcome === "limited" || outcome === "crowded";
            if (isLimit && ++refused < REFUSALS_IN_PLACE) continue;
            if (outcome === "overloaded" && ++overloaded <= OVERLOADS_IN_PLACE) continue;
            if (!isLimit) throw error;
            const until = clock() + Math.max(error.retryAfterMs ?? 0, REFUSED_OUTSIDE_MS);
            throw new LimitError(until, clock(), error.message, error.says);
          }
        }
      } finally {
        await desk.settle();
      }
    },
  };
}

export function defaultOutcome({ fault, code, failure }: ModelError): CallReport["outcome"] {
  if (fault?.about === "limit") return fault.which === "concurrency" ? "crowded" : "limited";
  if (fault === null && code === "rate_limited") return "limited";
  return fault?.about === "health" || (fault === null && failure === "retry") ? "overloaded" : "other";
}

function expectedTokens({ messages, maxOutputTokens }: ModelRequest): number {
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN) + Math.min(maxOutputTokens, EXPECTED_OUTPUT_TOKENS);
}
