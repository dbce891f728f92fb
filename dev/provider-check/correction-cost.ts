import { setTimeout as sleep } from "node:timers/promises";
import { generateCorrectedReply } from "../../src/corrections/generate-corrected-reply.ts";
import { judgeRewrite } from "../../src/judge/judge-rewrite.ts";
import { type Model, ModelError } from "../../src/llm/model.ts";
import { createOpenAiModel } from "../../src/llm/openai.ts";
import { meterModel } from "../../src/llm/wrap-model.ts";
import type { Place } from "./ask.ts";
import type { Finding } from "./find-out.ts";

/** A failure of the usual size, made up. */
const FAILED = {
  originalPrompt: "Hi, I sent back the jacket from order LK-20418 almost two weeks ago. Where is my refund?",
  aiReply: "You can find the status of your refund in the app. Refunds take some time. Is there anything else?",
  agentReply:
    "Hi there, your jacket reached our warehouse on 14 October and we approved the refund of $89.50 the next day. It goes back to the card you paid with, and banks usually need up to 5 business days to show it. If it is not on your statement by 23 October, please send us a screenshot and we will trace the payment with the bank.",
  failureExplanation: "Gave neither the amount nor a date, although both are in the order.",
};
const MANY = 10;

/** Does one correction with Redraft's own code, to see that it works and what ten would use. */
export async function correctOnce(rewriter: Place, judge: Place): Promise<Finding[]> {
  const metered = (place: Place) => meterModel(patient(createOpenAiModel({ ...place, clock: Date.now })));
  const [writing, judging] = [metered(rewriter), metered(judge)];
  try {
    const reply = await generateCorrectedReply(FAILED, { model: writing.model, name: rewriter.model });
    const verdict = await judgeRewrite(FAILED, reply, { model: judging.model, name: judge.model, samples: 1 });
    const gain = verdict?.scoreGainEstimate;
    const rated = gain === null || gain === undefined ? "rewritten, not rated" : `rewritten, rated, gain ${gain}`;
    const [out, by] = [writing.usage(), judging.usage()];
    const [input, output] = [out.inputTokens + by.inputTokens, out.outputTokens + by.outputTokens];
    const tokens = `${out.calls + by.calls} calls, ${input} tokens in, ${output} out`;
    const many = `${input * MANY} tokens in, ${output * MANY} out`;
    return [
      { what: "one correction", found: `${rated}: ${tokens}`, redraft: "works" },
      { what: "ten corrections", found: `about ${many}`, redraft: "times your provider's prices" },
    ];
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const found = rewriter.apiKey === "" ? said : said.replaceAll(rewriter.apiKey, "(key)");
    return [{ what: "one correction", found, redraft: "would not work" }];
  }
}

const TRIES = 5;
const DEFAULT_WAIT_MS = 3_000;

/** The same model, asked again after a limit's wait: five calls at once are more than some allow. */
function patient(model: Model): Model {
  return {
    async complete(request) {
      for (let tries = 1; ; tries++) {
        try {
          return await model.complete(request);
        } catch (error) {
          if (!(error instanceof ModelError) || error.failure !== "retry" || tries === TRIES) throw error;
          // Spread, so that calls refused together do not come back together.
          await sleep((error.retryAfterMs ?? DEFAULT_WAIT_MS) + Math.random() * 500 * tries);
        }
      }
    },
  };
}
