import { createRouter } from "../http/app-env.ts";
import { jsonAnswer, routesOf } from "../http/route-parts.ts";
import { readHealth } from "./read-health.ts";
import { healthOutput, settingsOutput } from "./schemas.ts";
import { showSettings } from "./show-settings.ts";

const route = routesOf("settings");

const show = route("GET /v1/settings", "What this installation runs with", {
  scope: "admin",
  description: "Every setting with the value in force. Of a secret it says only whether it is set.",
  answers: { 200: jsonAnswer("As it is now", settingsOutput) },
});

const health = route("GET /v1/health", "How the model, the queues, the database and the router are", {
  // Counts and times, no text of anybody's: whoever watches it needs no key that opens more.
  scope: "any_key",
  description:
    "The status is 200 whenever there is an answer: look at `status` in it. `GET /healthz`, without a key, says only that the Worker runs.",
  answers: { 200: jsonAnswer("As it is now", healthOutput) },
});

export const settingsRoutes = createRouter()
  .openapi(show, async (c) => c.json(await showSettings(c.var.services), 200))
  .openapi(health, async (c) => c.json(await readHealth(c.var.services), 200));
