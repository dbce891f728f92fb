import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { note } from "../http/note.ts";
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
    const asked = checkForm(controlsInput, await readForm(c));
    const { id, sample } = await requestControls(c.var.services, asked.sample);
    note(c, { subject: id, after: { sample } });
    return c.redirect("/judge", 303);
  });
