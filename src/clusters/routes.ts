import { createRoute, z } from "@hono/zod-openapi";
import { createRouter } from "../http/app-env.ts";
import { problems } from "../http/problem.ts";
import { RedraftError } from "../lib/errors.ts";
import { getCluster } from "./get-cluster.ts";
import { listClusters, listFailureCategories } from "./queries.ts";
import { categoryList, clusterDetail, clusterPage, clusterQuery } from "./schemas.ts";

const tags = ["clusters"];

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
  request: { params: z.object({ topic: z.string().max(200) }) },
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

export const clusterRoutes = createRouter()
  .openapi(list, async (c) => c.json(await listClusters(c.var.services.db, c.req.valid("query")), 200))
  .openapi(get, async (c) => {
    const cluster = await getCluster(c.var.services, c.req.valid("param").topic);
    if (cluster === null) throw new RedraftError("not_found", "There is no cluster of this topic.");
    return c.json(cluster, 200);
  })
  .openapi(categories, async (c) =>
    c.json({ data: await listFailureCategories(c.var.services.db), next_cursor: null }, 200),
  );
