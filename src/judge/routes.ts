import { createRouter } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import { jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { readCalibration } from "./calibration.ts";
import { requestControls } from "./controls.ts";
import { calibrationOutput, controlsCreated, controlsInput } from "./schemas.ts";

const route = routesOf("judge");

const calibration = route("GET /v1/judge/calibration", "How far the judge can be trusted", {
  scope: "read",
  answers: { 200: jsonAnswer("Agreement with people, and controls", calibrationOutput) },
});

const controls = route("POST /v1/judge/controls", "Run the judge's controls over a sample of failures", {
  scope: "review",
  request: { body: jsonBody(controlsInput) },
  answers: { 202: jsonAnswer("Accepted", controlsCreated) },
});

export const judgeRoutes = createRouter()
  .openapi(calibration, async (c) => c.json(await readCalibration(c.var.services), 200))
  .openapi(controls, async (c) => {
    const { id, sample } = await requestControls(c.var.services, c.req.valid("json").sample);
    note(c, { subject: id, after: { sample } });
    return c.json({ id, sample }, 202);
  });
