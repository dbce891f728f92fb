import { touchClusters } from "../clusters/context/read-context.ts";
import { recordOutcomes } from "../experiments/record-outcomes.ts";
import { createRouter } from "../http/app-env.ts";
import { jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { RedraftError } from "../lib/errors.ts";
import { outcomeInput, outcomeOutput, promptInput, promptOutput } from "./schemas.ts";
import { servePrompt } from "./serve-prompt.ts";

const route = routesOf("prompts");

const serve = route("POST /v1/prompts", "The prompt for a customer's message, with what is known of past failures", {
  scope: "prompts",
  description:
    "Answers with a plain prompt whenever anything behind it fails: see `guided` and the header x-redraft-plain.",
  request: { body: jsonBody(promptInput) },
  answers: { 200: jsonAnswer("Messages ready to send", promptOutput) },
});

const outcome = route("POST /v1/outcomes", "Whether the reply to a prompt failed", {
  scope: "prompts",
  description: "Safe to repeat. Where two outcomes of one prompt differ, it counts as failed.",
  request: { body: jsonBody(outcomeInput) },
  answers: { 202: jsonAnswer("Kept", outcomeOutput) },
});

export const promptRoutes = createRouter()
  .openapi(serve, async (c) => {
    const { prompt, plain } = await servePrompt(c.var.services, c.req.valid("json"), waitUntilOf(c));
    return c.json(prompt, 200, plain === null ? undefined : { "x-redraft-plain": plain });
  })
  .openapi(outcome, async (c) => {
    const given = c.req.valid("json");
    const { clusterIds, unknown } = await recordOutcomes(c.var.services, [given]);
    if (unknown.length > 0) {
      throw new RedraftError("invalid", "This is not the id of a prompt from this server.", [
        { pointer: "/prompt_id", detail: "must be a prompt_id returned by POST /v1/prompts" },
      ]);
    }
    await touchClusters(
      c.var.services,
      clusterIds.map((clusterId) => ({ clusterId })),
    );
    return c.json({ prompt_id: given.prompt_id }, 202);
  });
