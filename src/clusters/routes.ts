import { z } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import { jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { mergeClusters, renameCluster, splitCluster } from "./change-clusters.ts";
import { getCluster } from "./get-cluster.ts";
import { editGuidance } from "./lessons/edit-guidance.ts";
import { reviewLesson } from "./lessons/review-lesson.ts";
import { guidanceInput } from "./lessons/schemas.ts";
import { noteCluster, noteGuidance } from "./note-cluster.ts";
import { listClusters, listFailureCategories } from "./queries.ts";
import {
  categoryList,
  clusterDetail,
  clusterPage,
  clusterQuery,
  mergeInput,
  renameInput,
  splitInput,
} from "./schemas.ts";

const route = routesOf("clusters");
const params = z.object({ topic: z.string().max(200) });
const answers = { 200: jsonAnswer("The cluster", clusterDetail) };

const list = route("GET /v1/clusters", "Types of query, those with the most failures first", {
  scope: "read",
  request: { query: clusterQuery },
  answers: { 200: jsonAnswer("A page", clusterPage) },
});

const get = route("GET /v1/clusters/{topic}", "One type of query: why it fails, guidance, examples, numbers", {
  scope: "read",
  request: { params },
  answers,
  problems: ["not_found"],
});

const categories = route("GET /v1/failure-categories", "Failure categories with their counts", {
  scope: "read",
  answers: { 200: jsonAnswer("All of them", categoryList) },
});

const guidance = route("PUT /v1/clusters/{topic}/guidance", "Set the lessons of a type of query", {
  scope: "review",
  description:
    "Lessons left out are retired, changed ones replaced; one that waits is approved by naming it. Outcomes are counted from zero again, so this also switches " +
    "guidance back on that was switched off.",
  request: { params, body: jsonBody(guidanceInput) },
  answers,
  problems: ["not_found", "conflict"],
});

const lessonParams = params.extend({ id: z.uuid() });

const approve = route("POST /v1/clusters/{topic}/lessons/{id}/approve", "Have a lesson that waits served", {
  scope: "review",
  request: { params: lessonParams },
  answers,
  problems: ["not_found", "conflict"],
});

const reject = route("POST /v1/clusters/{topic}/lessons/{id}/reject", "Retire a lesson that waits", {
  scope: "review",
  request: { params: lessonParams },
  answers,
  problems: ["not_found", "conflict"],
});

const rename = route("POST /v1/clusters/{topic}/rename", "Rename a type of query; its old names still lead to it", {
  scope: "review",
  request: { params, body: jsonBody(renameInput) },
  answers,
  problems: ["not_found", "conflict"],
});

const merge = route(
  "POST /v1/clusters/{topic}/merge",
  "Merge a type of query into another; its names lead there at once, its failures follow",
  {
    scope: "review",
    request: { params, body: jsonBody(mergeInput) },
    answers,
    problems: ["not_found", "conflict"],
  },
);

const split = route(
  "POST /v1/clusters/{topic}/split",
  "Move some failures of a type of query to another topic, new or known",
  {
    scope: "review",
    request: { params, body: jsonBody(splitInput) },
    answers,
    problems: ["not_found", "conflict"],
  },
);

export const clusterRoutes = createRouter()
  .openapi(list, async (c) => {
    const { db, clock } = c.var.services;
    return c.json(await listClusters(db, c.req.valid("query"), clock()), 200);
  })
  .openapi(get, async (c) => c.json(await getCluster(c.var.services, c.req.valid("param").topic), 200))
  .openapi(guidance, async (c) => {
    const { topic } = c.req.valid("param");
    const given = c.req.valid("json");
    noteGuidance(c, given, await editGuidance(c.var.services, topic, given, c.var.actor));
    return c.json(await getCluster(c.var.services, topic), 200);
  })
  .openapi(approve, async (c) => {
    const { topic, id } = c.req.valid("param");
    await reviewLesson(c.var.services, topic, id, "approve", c.var.actor);
    note(c, { after: { decision: "approve" } });
    return c.json(await getCluster(c.var.services, topic), 200);
  })
  .openapi(reject, async (c) => {
    const { topic, id } = c.req.valid("param");
    await reviewLesson(c.var.services, topic, id, "reject", c.var.actor);
    note(c, { after: { decision: "reject" } });
    return c.json(await getCluster(c.var.services, topic), 200);
  })
  .openapi(rename, async (c) => {
    const to = c.req.valid("json").topic;
    await noteCluster(c, c.req.valid("param").topic);
    await renameCluster(c.var.services, c.req.valid("param").topic, to, c.var.actor);
    return c.json(await getCluster(c.var.services, to), 200);
  })
  .openapi(merge, async (c) => {
    const { into } = c.req.valid("json");
    await noteCluster(c, c.req.valid("param").topic);
    await mergeClusters(c.var.services, c.req.valid("param").topic, into, c.var.actor);
    return c.json(await getCluster(c.var.services, into), 200);
  })
  .openapi(split, async (c) => {
    const given = c.req.valid("json");
    await noteCluster(c, c.req.valid("param").topic);
    await splitCluster(c.var.services, c.req.valid("param").topic, given, c.var.actor);
    return c.json(await getCluster(c.var.services, given.into), 200);
  })
  .openapi(categories, async (c) =>
    c.json({ data: await listFailureCategories(c.var.services.db), next_cursor: null }, 200),
  );
