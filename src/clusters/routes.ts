import { createRoute, z } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { jsonAnswer, jsonBody } from "../http/route-parts.ts";
import { mergeClusters, renameCluster, splitCluster } from "./change-clusters.ts";
import { getCluster } from "./get-cluster.ts";
import { editGuidance } from "./lessons/edit-guidance.ts";
import { guidanceInput } from "./lessons/schemas.ts";
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

const tags = ["clusters"];
const params = z.object({ topic: z.string().max(200) });
const answer = { 200: jsonAnswer("The cluster", clusterDetail) };
const changed = { ...answer, ...problems("invalid", "not_found", "conflict", "unsupported_media_type") };

const list = createRoute({
  method: "get",
  path: "/v1/clusters",
  tags,
  summary: "Types of query, those with the most failures first",
  request: { query: clusterQuery },
  responses: { 200: jsonAnswer("A page", clusterPage), ...problems("invalid") },
});

const get = createRoute({
  method: "get",
  path: "/v1/clusters/{topic}",
  tags,
  summary: "One type of query: why it fails, guidance, examples, numbers",
  request: { params },
  responses: { ...answer, ...problems("not_found") },
});

const categories = createRoute({
  method: "get",
  path: "/v1/failure-categories",
  tags,
  summary: "Failure categories with their counts",
  responses: { 200: jsonAnswer("All of them", categoryList), ...problems() },
});

const guidance = createRoute({
  method: "put",
  path: "/v1/clusters/{topic}/guidance",
  tags,
  summary: "Set the lessons of a type of query",
  description:
    "Lessons left out are retired, changed ones replaced. Outcomes are counted from zero again, so this also switches " +
    "guidance back on that was switched off.",
  request: { params, body: jsonBody(guidanceInput) },
  responses: changed,
});

const rename = createRoute({
  method: "post",
  path: "/v1/clusters/{topic}/rename",
  tags,
  summary: "Rename a type of query; its old names still lead to it",
  request: { params, body: jsonBody(renameInput) },
  responses: changed,
});

const merge = createRoute({
  method: "post",
  path: "/v1/clusters/{topic}/merge",
  tags,
  summary: "Merge a type of query into another; its names lead there at once, its failures follow",
  request: { params, body: jsonBody(mergeInput) },
  responses: changed,
});

const split = createRoute({
  method: "post",
  path: "/v1/clusters/{topic}/split",
  tags,
  summary: "Move some failures of a type of query to another topic, new or known",
  request: { params, body: jsonBody(splitInput) },
  responses: changed,
});

export const clusterRoutes = createRouter()
  .openapi(list, async (c) => {
    const { db, clock } = c.var.services;
    return c.json(await listClusters(db, c.req.valid("query"), clock()), 200);
  })
  .openapi(get, async (c) => c.json(await getCluster(c.var.services, c.req.valid("param").topic), 200))
  .openapi(guidance, async (c) => {
    const { topic } = c.req.valid("param");
    await editGuidance(c.var.services, topic, c.req.valid("json"));
    return c.json(await getCluster(c.var.services, topic), 200);
  })
  .openapi(rename, async (c) => {
    const to = c.req.valid("json").topic;
    await renameCluster(c.var.services, c.req.valid("param").topic, to, c.var.actor);
    return c.json(await getCluster(c.var.services, to), 200);
  })
  .openapi(merge, async (c) => {
    const { into } = c.req.valid("json");
    await mergeClusters(c.var.services, c.req.valid("param").topic, into, c.var.actor);
    return c.json(await getCluster(c.var.services, into), 200);
  })
  .openapi(split, async (c) => {
    const given = c.req.valid("json");
    await splitCluster(c.var.services, c.req.valid("param").topic, given, c.var.actor);
    return c.json(await getCluster(c.var.services, given.into), 200);
  })
  .openapi(categories, async (c) =>
    c.json({ data: await listFailureCategories(c.var.services.db), next_cursor: null }, 200),
  );
