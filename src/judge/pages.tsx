import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { renderPage } from "../http/render-page.tsx";
import { RedraftError } from "../lib/errors.ts";
import { fieldErrors } from "../lib/field-errors.ts";
import { countFailures, readCalibration } from "./calibration.ts";
import { requestControls } from "./controls.ts";
import { JudgePage } from "./judge-page.tsx";
import { controlsInput } from "./schemas.ts";

/** What is known of the judge, and its controls on demand. */
export const judgePages = new Hono<AppEnv>()
  .get("/judge", async (c) => {
    const [calibration, failures] = await Promise.all([
      readCalibration(c.var.services),
      countFailures(c.var.services.db),
    ]);
    return renderPage(c, "Judge", <JudgePage calibration={calibration} failures={failures} />);
  })
  .post("/judge/controls", async (c) => {
    const form = await c.req.formData();
    const parsed = controlsInput.safeParse({ sample: form.get("sample") || undefined });
    if (!parsed.success) throw new RedraftError("invalid", "This sample is not valid.", fieldErrors(parsed.error));
    await requestControls(c.var.services, parsed.data.sample);
    return c.redirect("/judge", 303);
  });
