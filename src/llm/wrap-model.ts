import pLimit from "p-limit";
import { LimitError } from "./limit-error.ts";
import { addUsage, type Model, ModelError, NO_USAGE, type Usage } from "./model.ts";

/** A Worker waits for the headers of at most six connections at once; a seventh call would only queue unseen. */
export const CALLS_IN_FLIGHT = 6;

/**
 * The same model, with at most `inFlight` calls at once.
 * @param mayBegin asked before each call begins; after a no the call may be made again at once, by another worker
 */
export function limitCalls(model: Model, mayBegin: () => boolean = () => true, inFlight = CALLS_IN_FLIGHT): Model {
  const limit = pLimit(inFlight);
  return {
    complete: (request) =>
      limit(() => {
        if (mayBegin()) return model.complete(request);
        throw new LimitError(0, 0, "The worker had nothing left for another model call; this goes on by itself.");
      }),
  };
}

/** The same model, counting the tokens of every call, those of failed calls included. */
export function meterModel(model: Model): { model: Model; usage: () => Usage } {
  let total = NO_USAGE;
  const metered: Model = {
    async complete(request) {
      try {
        const answer = await model.complete(request);
        total = addUsage(total, answer.usage);
        return answer;
      } catch (error) {
        if (error instanceof ModelError) total = addUsage(total, error.usage);
        throw error;
      }
    },
  };
  return { model: metered, usage: () => total };
}
