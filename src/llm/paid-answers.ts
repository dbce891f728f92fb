import { sha256Hex } from "../lib/text.ts";
import { type Model, type ModelRequest, NO_USAGE } from "./model.ts";

/** Answers that were paid for, by what was asked and how often it had been asked before. */
export type PaidAnswers = Record<string, string>;

/**
 * The same model, which gives an answer that was paid for before at no cost, so that work which was cut off goes on where
 * it was when it is begun again from the start.
 * @returns the model, and all answers so far, earlier ones included
 */
export function withPaidAnswers(model: Model, before: PaidAnswers): { model: Model; paid: () => PaidAnswers } {
  const paid = { ...before };
  const asked = new Map<string, number>();
  return {
    model: {
      async complete(request) {
        const same = await keyOf(request);
        const times = asked.get(same) ?? 0;
        asked.set(same, times + 1);
        const key = `${same} ${times}`;
        const known = paid[key];
        if (known !== undefined) return { text: known, usage: NO_USAGE };
        const answer = await model.complete(request);
        paid[key] = answer.text;
        return answer;
      },
    },
    paid: () => paid,
  };
}

/** One key for requests that may take each other's answer. */
function keyOf({ model, same, messages, answer }: ModelRequest): Promise<string> {
  return sha256Hex(JSON.stringify([model, answer?.name ?? null, same ?? messages]));
}
