import { createRoute, z } from "@hono/zod-openapi";
import { type AppContext, createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { RedraftError } from "../lib/errors.ts";
import { requestTraining } from "../router/request-training.ts";
import { routerStatus } from "../router/training-state.ts";
import { mergeClusters, renameCluster, splitCluster } from "./change-clusters.ts";
import { getCluster } from "./get-cluster.ts";
import { editGuidance } from "./lessons/edit-guidance.ts";
import { listClusters, listFailureCategories } from "./queries.ts";
import {
  categoryList,
  clusterDetail,
  clusterPage,
  clusterQuery,
  guidanceInput,
  mergeInput,
  renameInput,
  routerOutput,
  splitInput,
} from "./schemas.ts";

const tags = ["clusters"];
const topicParam = z.object({ topic: z.string().max(200) });

const list = createRoute({
  method: "get",
  path: "/v1/clusters",
  tags,
  summary: "Types of query, those with the most failures first",
  request: { query: clusterQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: clusterPage } } },
    ...problems("invalid"),
  },
});

const get = createRoute({
  method: "get",
  path: "/v1/clusters/{topic}",
  tags,
  summary: "One type of query: by what it fails, guidance, examples, numbers",
  request: { params: topicParam },
  responses: {
    200: { description: "The cluster", content: { "application/json": { schema: clusterDetail } } },
    ...problems("not_found"),
  },
});

const categories = createRoute({
  method: "get",
  path: "/v1/failure-categories",
  tags,
  summary: "Failure categories with their counts",
  responses: {
    200: { description: "All of them", content: { "application/json": { schema: categoryList } } },
    ...problems(),
  },
});

const cluster = { 200: { description: "The cluster", content: { "application/json": { schema: clusterDetail } } } };

/** The body of a change. */
function json<T extends z.ZodType>(schema: T) {
  return { required: true as const, content: { "application/json": { schema } } };
}

const guidance = createRoute({
  method: "put",
  path: "/v1/clusters/{topic}/guidance",
  tags,
  summary: "Set the lessons of a type of query",
  description:
    "Lessons left out are retired, changed ones replaced. Outcomes count anew from here, so this also switches " +
    "guidance on again that was switched off.",
  request: { params: topicParam, body: json(guidanceInput) },
  responses: { ...cluster, ...problems("invalid", "not_found", "conflict", "unsupported_media_type") },
});

const rename = createRoute({
  method: "post",
  path: "/v1/clusters/{topic}/rename",
  tags,
  summary: "Give a type of query another name; the old ones go on leading to it",
  request: { params: topicParam, body: json(renameInput) },
  responses: { ...cluster, ...problems("invalid", "not_found", "conflict", "unsupported_media_type") },
});

const merge = createRoute({
  method: "post",
  path: "/v1/clusters/{topic}/merge",
  tags,
  summary: "Put a type of query into another; its names lead there at once, its failures follow",
  request: { params: topicParam, body: json(mergeInput) },
  responses: { ...cluster, ...problems("invalid", "not_found", "conflict", "unsupported_media_type") },
});

const split = createRoute({
  method: "post",
  path: "/v1/clusters/{topic}/split",
  tags,
  summary: "Move some failures of a type of query to another topic, new or known",
  request: { params: topicParam, body: json(splitInput) },
  responses: { ...cluster, ...problems("invalid", "not_found", "conflict", "unsupported_media_type") },
});

const router = createRoute({
  method: "get",
  path: "/v1/router",
  tags,
  summary: "What the router learned, and when",
  responses: {
    200: { description: "Its status", content: { "application/json": { schema: routerOutput } } },
    ...problems(),
  },
});

const train = createRoute({
  method: "post",
  path: "/v1/router/train",
  tags,
  summary: "Have the router trained now",
  description: "It is trained by itself when a topic or 5% of failures are new.",
  responses: {
    202: { description: "Asked for", content: { "application/json": { schema: routerOutput } } },
    ...problems(),
  },
});

async function answerCluster(c: AppContext, topic: string) {
  const found = await getCluster(c.var.services, topic);
  if (found === null) throw new RedraftError("not_found", "There is no cluster of this topic.");
  return found;
}

export const clusterRoutes = createRouter()
  .openapi(list, async (c) => {
    const { db, clock } = c.var.services;
    return c.json(await listClusters(db, c.req.valid("query"), clock()), 200);
  })
  .openapi(get, async (c) => c.json(await answerCluster(c, c.req.valid("param").topic), 200))
  .openapi(guidance, async (c) => {
    const { topic } = c.req.valid("param");
    await editGuidance(c.var.services, topic, c.req.valid("json"));
    return c.json(await answerCluster(c, topic), 200);
  })
  .openapi(rename, async (c) => {
    const to = c.req.valid("json").topic;
    await renameCluster(c.var.services, c.req.valid("param").topic, to, c.var.actor);
    return c.json(await answerCluster(c, to), 200);
  })
  .openapi(merge, async (c) => {
    const { into } = c.req.valid("json");
    await mergeClusters(c.var.services, c.req.valid("param").topic, into, c.var.actor);
    return c.json(await answerCluster(c, into), 200);
  })
  .openapi(split, async (c) => {
    const given = c.req.valid("json");
    await splitCluster(c.var.services, c.req.valid("param").topic, given, c.var.actor);
    return c.json(await answerCluster(c, given.into), 200);
  })
  .openapi(router, async (c) => c.json(await routerStatus(c.var.services.db), 200))
  .openapi(train, async (c) => {
    await requestTraining(c.var.services);
    return c.json(await routerStatus(c.var.services.db), 202);
  })
  .openapi(categories, async (c) =>
    c.json({ data: await listFailureCategories(c.var.services.db), next_cursor: null }, 200),
  );
