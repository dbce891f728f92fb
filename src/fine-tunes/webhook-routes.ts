import { createRoute } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { createRouter } from "../http/app-env.ts";
import { FINE_TUNE_WEBHOOK } from "../http/auth.ts";
import { problems } from "../http/problem.ts";
import { jsonAnswer, jsonBody } from "../http/route-parts.ts";
import { RedraftError } from "../lib/errors.ts";
import { receiveWebhook } from "./receive-webhook.ts";
import { webhookEvent, webhookReceived } from "./schemas.ts";

/** An event holds a few ids. */
const MOST_BYTES = 64 * 1024;

const webhook = createRoute({
  method: "post",
  path: FINE_TUNE_WEBHOOK,
  tags: ["fine-tunes"],
  summary: "For the provider to say that a job has ended",
  description:
    "Takes no key, but a signature (Standard Webhooks) made with the secret FINE_TUNE_WEBHOOK_SECRET. Set it up at the " +
    "provider for its events fine_tuning.job.*: the job's status is then polled at once. Other events are ignored.",
  security: [],
  request: { body: jsonBody(webhookEvent) },
  responses: {
    200: jsonAnswer("Taken", webhookReceived),
    ...problems("invalid", "too_large", "not_configured"),
  },
});

export const webhookRoutes = createRouter();

// Described, but not validated: the signature is over the body byte for byte, and is looked at first.
webhookRoutes.openAPIRegistry.registerPath(webhook);

const limited = bodyLimit({
  maxSize: MOST_BYTES,
  onError: () => {
    throw new RedraftError("too_large", `The body is larger than ${MOST_BYTES} bytes.`);
  },
});

webhookRoutes.post(webhook.getRoutingPath(), limited, async (c) => {
  const received = await receiveWebhook(c.var.services, {
    id: c.req.header("webhook-id"),
    timestamp: c.req.header("webhook-timestamp"),
    signature: c.req.header("webhook-signature"),
    body: new Uint8Array(await c.req.arrayBuffer()),
  });
  return c.json(received);
});
