import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { checkForm, readForm } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { countFailures, readCalibration } from "./calibration.ts";
import { requestControls } from "./controls.ts";
import { JudgePage } from "./judge-page.tsx";
import { controlsInput } from "./schemas.ts";

export const judgePages = new Hono<AppEnv>()
  .get("/judge", needs("read"), async (c) => {
    const [calibration, failures] = await Promise.all([
      readCalibration(c.var.services),
      countFailures(c.var.services.db),
    ]);
    return renderPage(c, "Judge", <JudgePage calibration={calibration} failures={failures} />);
  })
  .post("/judge/controls", needs("review"), async (c) => {
    const { sample } = checkForm(controlsInput, await readForm(c));
    await requestControls(c.var.services, sample);
    return c.redirect("/judge", 303);
  });
