import type { OpenAPIHono } from "@hono/zod-openapi";
import { requestId } from "hono/request-id";
import { logActivity } from "./access/activity/log-activity.ts";
import { activityPages } from "./access/activity/pages.tsx";
import { activityRoutes } from "./access/activity/routes.ts";
import { gate } from "./access/gate.ts";
import { keyPages } from "./access/key-pages.tsx";
import { keyRoutes } from "./access/routes.ts";
import { signInPages } from "./access/sign-in-pages.tsx";
import { clusterPages } from "./clusters/pages.tsx";
import { clusterRoutes } from "./clusters/routes.ts";
import { correctionPages } from "./corrections/pages.tsx";
import { correctionRoutes } from "./corrections/routes.ts";
import { erasureRoutes } from "./erasure/routes.ts";
import { liftRoutes } from "./experiments/routes.ts";
import { exportPages } from "./exports/pages.tsx";
import { exportRoutes } from "./exports/routes.ts";
import { failureRoutes, IMPORTS, NDJSON } from "./failures/routes.ts";
import { botModelRoutes } from "./fine-tunes/bot-model-routes.ts";
import { comparisonRoutes } from "./fine-tunes/comparison/routes.ts";
import { fineTunePages } from "./fine-tunes/pages.tsx";
import { fineTuneRoutes } from "./fine-tunes/routes.ts";
import { webhookRoutes } from "./fine-tunes/webhook-routes.ts";
import { type AppEnv, createRouter } from "./http/app-env.ts";
import { mediaType } from "./http/check-body.ts";
import { docsPage } from "./http/docs-page.tsx";
import { errorPage } from "./http/error-page.tsx";
import { needs } from "./http/needs.ts";
import { openAiProblem } from "./http/openai-error.ts";
import { problemResponse, toProblem } from "./http/problem.ts";
import { limitBody } from "./http/read-body.ts";
import { BEARER } from "./http/route-parts.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { improvementPages } from "./improvements/pages.tsx";
import { improvementRoutes } from "./improvements/routes.ts";
import { deadLetterRoutes } from "./jobs/routes.ts";
import { auditPages } from "./judge/audit/pages.tsx";
import { auditRoutes } from "./judge/audit/routes.ts";
import { judgePages } from "./judge/pages.tsx";
import { judgeRoutes } from "./judge/routes.ts";
import { learningPages } from "./learning/pages.tsx";
import { learningRoutes } from "./learning/routes.ts";
import { RedraftError } from "./lib/errors.ts";
import { CHAT_PATH, chatRoutes } from "./prompts/chat-routes.ts";
import { promptRoutes } from "./prompts/routes.ts";
import { routerRoutes } from "./router/routes.ts";
import { createServices, type Services } from "./services.ts";
import { settingsPages } from "./settings/pages.tsx";
import { settingsRoutes } from "./settings/routes.ts";
import { withdrawalPages } from "./withdrawals/pages.tsx";
import { withdrawalRoutes } from "./withdrawals/routes.ts";

/** The largest JSON body: the largest failure there can be, its escapes included. Imports are streamed, without limit. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Routes and pages, in the order of the flow. */
const FEATURES = [
  signInPages,
  keyRoutes,
  activityRoutes,
  activityPages,
  keyPages,
  failureRoutes,
  correctionRoutes,
  correctionPages,
  deadLetterRoutes,
  judgeRoutes,
  judgePages,
  auditRoutes,
  auditPages,
  improvementRoutes,
  improvementPages,
  erasureRoutes,
  withdrawalRoutes,
  withdrawalPages,
  exportRoutes,
  exportPages,
  webhookRoutes,
  fineTuneRoutes,
  comparisonRoutes,
  botModelRoutes,
  fineTunePages,
  clusterRoutes,
  clusterPages,
  learningRoutes,
  learningPages,
  routerRoutes,
  liftRoutes,
  promptRoutes,
  chatRoutes,
  settingsRoutes,
  settingsPages,
];

/** The HTTP side of Redraft: middleware, errors, and the features in the order of the flow. */
export function createApp(servicesOf: (env: Cloudflare.Env) => Services = createServices): OpenAPIHono<AppEnv> {
  const app = createRouter();

  // Made natively: on the busiest route an id of our own kind costs as much as the routing.
  app.use(requestId({ generator: () => crypto.randomUUID() }));
  app.use(securityHeaders);
  app.get("/healthz", needs("public"), (c) => c.json({ status: "ok" }));
  app.use(async (c, next) => {
    c.set("services", servicesOf(c.env));
    await next();
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  });
  app.use(logActivity);
  app.use(gate);
  const limited = limitBody(MAX_BODY_BYTES);
  app.use((c, next) => {
    // Chats carry images, and have a limit of their own.
    const isElsewhere = c.req.path === CHAT_PATH || (c.req.path === IMPORTS && mediaType(c) === NDJSON);
    return isElsewhere ? next() : limited(c, next);
  });

  for (const feature of FEATURES) app.route("/", feature);

  app.openAPIRegistry.registerComponent("securitySchemes", BEARER, { type: "http", scheme: "bearer" });
  const document = () => app.getOpenAPI31Document({ openapi: "3.1.0", info: { title: "Redraft", version: "1" } });
  app.get("/openapi.json", needs("any_key"), (c) => c.json(document()));
  app.get("/docs", needs("any_key"), (c) => docsPage(c, document()));

  app.notFound(() => {
    throw new RedraftError("not_found", "There is nothing at this address.");
  });
  app.onError((error, c) => {
    const problem = toProblem(error, c.get("requestId"));
    if (c.req.path === CHAT_PATH) return openAiProblem(c, problem);
    const wantsPage = !c.req.path.startsWith("/v1/") && c.req.header("accept")?.includes("text/html");
    return wantsPage ? errorPage(c, problem) : problemResponse(c, problem);
  });
  return app;
}
