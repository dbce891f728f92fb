import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { checkForm, givenQuery } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { getLearning } from "./get-learning.ts";
import { LearningPage } from "./learning-page.tsx";
import { learningQuery } from "./schemas.ts";

export const learningPages = new Hono<AppEnv>().get("/learning", needs("read"), async (c) => {
  const learning = await getLearning(c.var.services, checkForm(learningQuery, givenQuery(c)));
  return renderPage(c, "Learning", <LearningPage learning={learning} />);
});
