import { createRoute } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { jsonAnswer, jsonBody } from "../http/route-parts.ts";
import { readCalibration } from "./calibration.ts";
import { requestControls } from "./controls.ts";
import { calibrationOutput, controlsCreated, controlsInput } from "./schemas.ts";

const tags = ["judge"];

const calibration = createRoute({
  method: "get",
  path: "/v1/judge/calibration",
  tags,
  summary: "How far the judge can be trusted",
  responses: {
    200: jsonAnswer("Agreement with people, and controls", calibrationOutput),
    ...problems(),
  },
});

const controls = createRoute({
  method: "post",
  path: "/v1/judge/controls",
  tags,
  summary: "Run the judge's controls over a sample of failures",
  request: { body: jsonBody(controlsInput) },
  responses: {
    202: jsonAnswer("Accepted", controlsCreated),
    ...problems("invalid"),
  },
});

export const judgeRoutes = createRouter()
  .openapi(calibration, async (c) => c.json(await readCalibration(c.var.services), 200))
  .openapi(controls, async (c) => c.json(await requestControls(c.var.services, c.req.valid("json").sample), 202));
