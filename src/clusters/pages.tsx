import { Hono } from "hono";
import { readLift } from "../experiments/read-lift.ts";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { note } from "../http/note.ts";
import { checkForm, checkQuery, readForm, readFormData } from "../http/read-form.ts";
import { renderPage } from "../http/render-page.tsx";
import { dayOf } from "../lib/time.ts";
import { routerStatus } from "../router/training-state.ts";
import { ClusterPage } from "./cluster-page.tsx";
import { ClustersPage } from "./clusters-page.tsx";
import { getCluster } from "./get-cluster.ts";
import { editGuidance } from "./lessons/edit-guidance.ts";
import { reviewLesson } from "./lessons/review-lesson.ts";
import { guidanceInput, lessonDecision } from "./lessons/schemas.ts";
import { noteGuidance } from "./note-cluster.ts";
import { listClusters } from "./queries.ts";
import { clusterQuery } from "./schemas.ts";

const PAGE_ROWS = 50;

export const clusterPages = new Hono<AppEnv>()
  .get("/clusters", needs("read"), async (c) => {
    const { db, clock } = c.var.services;
    const query = checkQuery(c, clusterQuery, PAGE_ROWS);
    const [page, router, lift] = await Promise.all([
      listClusters(db, query, clock()),
      routerStatus(db),
      readLift(db, "all"),
    ]);
    return renderPage(c, "Clusters", <ClustersPage page={page} router={router} lift={lift} today={dayOf(clock())} />);
  })
  .get("/clusters/:topic", needs("read"), async (c) => {
    const cluster = await getCluster(c.var.services, c.req.param("topic"));
    return renderPage(c, cluster.topic, <ClusterPage cluster={cluster} today={dayOf(c.var.services.clock())} />);
  })
  .post("/clusters/:topic/guidance", needs("review"), async (c) => {
    const topic = c.req.param("topic");
    const form = await readFormData(c);
    const all = (name: string) => form.getAll(name).map(String);
    const [ids, texts, categories, pinned] = [all("id"), all("text"), all("failure_category"), all("pinned")];
    const lessons = checkForm(guidanceInput, {
      version: Number(form.get("version")),
      // An emptied lesson is one to retire.
      lessons: texts.flatMap((text, i) =>
        text.trim() === ""
          ? []
          : { id: ids[i] || null, text, failure_category: categories[i]?.trim() || null, pinned: pinned[i] === "yes" },
      ),
    });
    noteGuidance(c, lessons, await editGuidance(c.var.services, topic, lessons, c.var.actor));
    return c.redirect(`/clusters/${encodeURIComponent(topic)}`, 303);
  })
  .post("/clusters/:topic/lessons/:id", needs("review"), async (c) => {
    const { topic, id } = c.req.param();
    const { decision } = checkForm(lessonDecision, await readForm(c));
    await reviewLesson(c.var.services, topic, id, decision, c.var.actor);
    note(c, { after: { decision } });
    return c.redirect(`/clusters/${encodeURIComponent(topic)}`, 303);
  });
