import { Hono } from "hono";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { note } from "../http/note.ts";
import { checkForm, readForm } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { listDeadLetters, replayDeadLetter } from "../jobs/dead-letters.ts";
import { noSuch } from "../lib/errors.ts";
import { openGate } from "../llm/gatekeeper.ts";
import { getRun, listRuns } from "./queries.ts";
import { RunPage, RunsPage } from "./runs-page.tsx";
import { runInput } from "./schemas.ts";
import { startRun } from "./start-run.ts";
import { whyWaiting } from "./why-waiting.ts";

/** Runs a page shows. */
const PAGE_ROWS = 25;

export const correctionPages = new Hono<AppEnv>()
  .get("/runs", needs("read"), async (c) => {
    const { services } = c.var;
    const [runs, waiting, letters] = await Promise.all([
      listRuns(services, { limit: PAGE_ROWS, cursor: c.req.query("cursor") }),
      whyWaiting(services),
      listDeadLetters(services.db, { limit: PAGE_ROWS, replayed: false }),
    ]);
    return renderPage(c, "Runs", <RunsPage runs={runs} waiting={waiting} letters={letters.data} />);
  })
  .get("/runs/:id", needs("read"), async (c) => {
    const run = await getRun(c.var.services, c.req.param("id"));
    return renderPage(c, "Run", <RunPage run={run} />);
  })
  .post("/runs", needs("review"), async (c) => {
    const { id } = await startRun(c.var.services, checkForm(runInput, await readForm(c)));
    note(c, { subject: id });
    return c.redirect(`/runs/${id}`, 303);
  })
  .post("/runs/resume", needs("review"), async (c) => {
    await openGate(c.var.services);
    return c.redirect("/runs", 303);
  })
  .post("/dead-letters/:id/replay", needs("admin"), async (c) => {
    const sent = await replayDeadLetter(c.var.services, c.req.param("id"));
    if (!sent) throw noSuch("dead letter");
    return c.redirect("/runs", 303);
  });
