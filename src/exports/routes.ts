import { z } from "@hono/zod-openapi";
import { makerOf, readLink, signLink } from "../access/signed-links.ts";
import { type AppContext, createRouter } from "../http/app-env.ts";
import { note } from "../http/note.ts";
import { idParam, jsonAnswer, jsonBody, routesOf } from "../http/route-parts.ts";
import { serveObject } from "../http/serve-object.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { type ErrorCode, noSuch, RedraftError } from "../lib/errors.ts";
import { SECOND, toRfc3339 } from "../lib/time.ts";
import { cancelExport, deleteExport, rebuildExport } from "./change-export.ts";
import { DATA_FILES, EXPORT_FILES, type ExportFileName } from "./export-state.ts";
import { findFile, getExport, listExports } from "./queries.ts";
import { requestExport } from "./request-export.ts";
import { exportCreated, exportInput, exportOutput, exportPage, exportQuery, linkInput, linkOutput } from "./schemas.ts";

const route = routesOf("exports");
const exportId = z.object({
  id: z.union([z.uuid(), z.literal("latest")], 'must be an export\'s id, or "latest"').openapi({ type: "string" }),
});

const ownId = idParam("an export's");
const names = Object.keys(EXPORT_FILES) as ExportFileName[];

const request = route("POST /v1/exports", "Write a training file", {
  scope: "export",
  request: { body: jsonBody(exportInput) },
  answers: { 202: jsonAnswer("Accepted", exportCreated) },
});

const list = route("GET /v1/exports", "Exports, newest first", {
  scope: "export",
  request: { query: exportQuery },
  answers: { 200: jsonAnswer("A page", exportPage) },
});

const get = route("GET /v1/exports/{id}", "One export", {
  scope: "export",
  request: { params: exportId },
  answers: { 200: jsonAnswer("The export", exportOutput) },
  problems: ["not_found"],
});

const download = (file: ExportFileName, summary: string) =>
  route(`GET /v1/exports/{id}/${file}`, summary, {
    scope: "export",
    description:
      "Supports Range, If-Range, If-Match, If-None-Match and Accept-Encoding. `latest` is the newest finished export, " +
      "another file after each. So `latest`, and an export that was rebuilt, send a part only to those who name the file " +
      "they began with (If-Range or If-Match with its ETag); resume at the export's own address, which is in " +
      "Content-Location.",
    request: { params: exportId },
    ...fileOrProblem(EXPORT_FILES[file]),
  });

const CONTENTS = {
  "application/jsonl": { schema: z.string() },
  "application/json": { schema: z.looseObject({}) },
};

const fileOrProblem = (...types: (keyof typeof CONTENTS)[]) => ({
  answers: {
    200: { description: "The file", content: Object.fromEntries(types.map((type) => [type, CONTENTS[type]])) },
    206: { description: "Part of the file" },
    304: { description: "Unchanged" },
  },
  problems: [
    ...(["not_found", "conflict", "precondition_failed", "range_not_satisfiable", "precondition_required"] as const),
  ] satisfies ErrorCode[],
});

const linked = route("GET /v1/links/{token}/{file}", "A file, by a signed link", {
  scope: "public",
  description:
    "Needs no key: the link itself grants access until it expires, or the key that made it ends. POST /v1/exports/{id}/links creates links.",
  request: { params: z.object({ token: z.string().max(500), file: z.string().openapi({ enum: names }) }) },
  ...fileOrProblem("application/jsonl", "application/json"),
});

const links = route("POST /v1/exports/{id}/links", "Create links to the files that need no key", {
  scope: "export",
  request: { params: exportId, body: jsonBody(linkInput) },
  answers: { 200: jsonAnswer("A link for each file", linkOutput) },
  problems: ["not_found", "conflict"],
});

const change = (verb: "cancel" | "rebuild", summary: string) =>
  route(`POST /v1/exports/{id}/${verb}`, summary, {
    scope: "export",
    request: { params: ownId },
    answers: { 202: jsonAnswer("The export as it is now", exportOutput) },
    problems: ["not_found", "conflict"],
  });

const remove = route("DELETE /v1/exports/{id}", "Delete an export and its files", {
  scope: "export",
  request: { params: ownId },
  answers: { 204: { description: "Gone" } },
});

export const exportRoutes = createRouter()
  .openapi(request, async (c) => {
    const created = await requestExport(c.var.services, c.req.valid("json"));
    note(c, { subject: created.id });
    c.header("location", `/v1/exports/${created.id}`);
    return c.json(created, 202);
  })
  .openapi(list, async (c) => c.json(await listExports(c.var.services.db, c.req.valid("query")), 200))
  .openapi(get, async (c) => c.json(await read(c, c.req.valid("param").id), 200))
  .openapi(download("training_data.jsonl", "The training file"), (c) => serve(c, "training_data.jsonl"))
  .openapi(download("validation_data.jsonl", "The held-out prompts"), (c) => serve(c, "validation_data.jsonl"))
  .openapi(download("manifest.json", "What is in the files, and what is not"), (c) => serve(c, "manifest.json"))
  .openapi(download("improvements.jsonl", "The improvement behind each line, with its scores"), (c) =>
    serve(c, "improvements.jsonl"),
  )
  .openapi(download("skipped.jsonl", "What was left out, and why"), (c) => serve(c, "skipped.jsonl"))
  .openapi(links, async (c) => {
    const { config, clock } = c.var.services;
    const { id, files } = await finished(c, c.req.valid("param").id);
    const expires = clock() + c.req.valid("json").expires_in_s * SECOND;
    note(c, { subject: id, after: { expires_at: toRfc3339(expires) } });
    const token = await signLink(c.var.services, c.var.caller, id, expires, waitUntilOf(c));
    const present = ["training_data.jsonl", "manifest.json", ...Object.keys(files)];
    const url = (file: string) => new URL(`/v1/links/${token}/${file}`, config.PUBLIC_URL ?? c.req.url).href;
    return c.json(
      { expires_at: toRfc3339(expires), links: Object.fromEntries(present.map((file) => [file, url(file)])) },
      200,
    );
  })
  .openapi(linked, async (c) => {
    const { token, file } = c.req.valid("param");
    const id = await readLink(c.var.services, token, waitUntilOf(c));
    if (id === null) throw new RedraftError("unauthorized", "The link is not valid or has expired.");
    if (!isFileName(file)) throw new RedraftError("not_found", "An export has no such file.");
    note(c, { after: { file, made_by: makerOf(token) } });
    return serve(c, file, id);
  })
  .openapi(change("cancel", "Cancel an unfinished export"), async (c) => {
    const { id } = c.req.valid("param");
    await cancelExport(c.var.services, id);
    return c.json(await read(c, id), 202);
  })
  .openapi(change("rebuild", "Write an export again, from the same snapshot"), async (c) => {
    const { id } = c.req.valid("param");
    await rebuildExport(c.var.services, id);
    return c.json(await read(c, id), 202);
  })
  .openapi(remove, async (c) => {
    await deleteExport(c.var.services, c.req.valid("param").id);
    return c.body(null, 204);
  });

function isFileName(name: string): name is ExportFileName {
  return Object.hasOwn(EXPORT_FILES, name);
}

/** One file of an export, as a download. */
async function serve(c: AppContext, file: ExportFileName, id = c.req.param("id") ?? ""): Promise<Response> {
  const row = await finished(c, id);
  note(c, { subject: row.id, after: { file, ...c.var.note?.after } });
  const always = file === "training_data.jsonl" || file === "manifest.json";
  if (!always && !(file in row.files)) throw new RedraftError("not_found", `This export has no ${file}.`);
  if (row.stale && DATA_FILES.some((name) => name === file)) {
    throw new RedraftError(
      "conflict",
      `A text in this file was ${row.stale_reason}. POST /v1/exports/${row.id}/rebuild writes it again.`,
    );
  }
  const { key, rebuilt } = await findFile(c.var.services.db, row.id, file);
  const location = id === "latest" ? `/v1/exports/${row.id}/${file}` : c.req.path;
  return serveObject(c, { key, filename: file, location, fixed: id !== "latest" && !rebuilt });
}

async function finished(c: AppContext, id: string) {
  const row = await read(c, id);
  if (row.status !== "done")
    throw new RedraftError("conflict", `The export is ${row.status}; its files are available once it is done.`);
  return row;
}

async function read(c: AppContext, id: string) {
  const row = await getExport(c.var.services.db, id);
  if (row !== null) return row;
  throw id === "latest" ? new RedraftError("not_found", "No export is done yet.") : noSuch("export");
}
