import { createRouter } from "../http/app-env.ts";
import { limitBody, readBody } from "../http/read-body.ts";
import { jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { receiveWebhook } from "./receive-webhook.ts";
import { webhookEvent, webhookReceived } from "./schemas.ts";

const route = routesOf("fine-tunes");

/** An event holds a few ids. */
const MOST_BYTES = 64 * 1024;

const webhook = route("POST /v1/fine-tunes/webhook", "For the provider to say that a job has ended", {
  scope: "public",
  description:
    "Takes no key, but a signature (Standard Webhooks) made with the secret FINE_TUNE_WEBHOOK_SECRET. Set it up at the " +
    "provider for its events fine_tuning.job.*: the job's status is then polled at once. Other events are ignored.",
  request: { body: jsonBody(webhookEvent) },
  answers: { 200: jsonAnswer("Taken", webhookReceived) },
  problems: ["invalid", "too_large", "not_configured"],
  unchecked: true,
});

export const webhookRoutes = createRouter();

// Not validated here: the signature is over the body byte for byte, and is checked first.
webhookRoutes.openAPIRegistry.registerPath(webhook);

webhookRoutes.post(webhook.getRoutingPath(), webhook.middleware[0], limitBody(MOST_BYTES), async (c) => {
  const received = await receiveWebhook(c.var.services, {
    id: c.req.header("webhook-id"),
    timestamp: c.req.header("webhook-timestamp"),
    signature: c.req.header("webhook-signature"),
    body: await readBody(c),
  });
  return c.json(received);
});
