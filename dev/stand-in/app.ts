import { Hono, type MiddlewareHandler } from "hono";
import { ApiError, sendError } from "./api.ts";
import { chatRoutes } from "./chat.ts";
import { fileRoutes, type StoredFile } from "./files.ts";
import { fineTuneRoutes } from "./fine-tunes.ts";
import type { Learned } from "./learned.ts";
import { simulate, simulatorRoutes } from "./provider/middleware.ts";
import type { Simulator } from "./provider/simulator.ts";

export interface StandInOptions {
  /** How long each completion takes at least, in milliseconds. */
  latencyMs?: number;
  /** A provider whose limits and refusals come before every completion, and who decides how long it takes. */
  simulator?: Simulator;
}

/**
 * The stand-in: it speaks OpenAI's API and is no model. What it answers is a function of the request, so that tests
 * and demos run anywhere and repeat. Each has a memory of its own for files, jobs and models.
 */
export function createStandIn({ latencyMs = 0, simulator }: StandInOptions = {}): Hono {
  const files = new Map<string, StoredFile>();
  const tuned = new Map<string, Learned>();
  const app = new Hono();
  app.onError((error, c) => {
    if (error instanceof ApiError) return sendError(c, error);
    console.error(error);
    return sendError(c, new ApiError(500, "The stand-in failed; its own output says why."));
  });
  app.notFound((c) => {
    const message = `Unknown request URL: ${c.req.method} ${c.req.path}.`;
    return sendError(c, new ApiError(404, message, { code: "unknown_url" }));
  });
  // What a provider does before it answers (delays, limits, refusals) goes here, ahead of every handler.
  app.use("/v1/chat/completions", simulator ? simulate(simulator, sleep) : delay(latencyMs));
  if (simulator) app.route("/simulator", simulatorRoutes(simulator));
  for (const routes of [chatRoutes(tuned), fileRoutes(files), fineTuneRoutes(files, tuned)]) app.route("/v1", routes);
  return app;
}

function delay(ms: number): MiddlewareHandler {
  return async (_, next) => {
    if (ms > 0) await sleep(ms);
    await next();
  };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
