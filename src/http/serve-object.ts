import { RedraftError } from "../lib/errors.ts";
import type { AppContext } from "./app-env.ts";

/** Compressing costs CPU, about 15 ms a megabyte; larger files are worth a plain transfer. */
const MOST_COMPRESSED = 256 * 1024 * 1024;

/** Below this the frame costs more than it saves. */
const LEAST_COMPRESSED = 1024;

/**
 * Serves a file from R2 as a download: whole, in part (`Range`, so that `curl -C -` goes on where it was), or not at
 * all when the caller has it (`If-None-Match`). Whole files go compressed to callers that say they take it.
 */
export async function serveObject(c: AppContext, key: string, filename: string): Promise<Response> {
  const { bucket } = c.var.services;
  const headers = conditionsOf(c.req.raw.headers);
  const object = await bucket.get(key, { onlyIf: headers, range: headers });
  if (object === null) throw new RedraftError("not_found", "The file is not there.");
  const gzip =
    !headers.has("range") &&
    object.size >= LEAST_COMPRESSED &&
    object.size <= MOST_COMPRESSED &&
    takesGzip(clientAcceptEncoding(c));
  const answer = new Headers({
    // Other bytes than the plain file, so it may not have the same strong name.
    etag: gzip ? `W/${object.httpEtag}` : object.httpEtag,
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-disposition": `attachment; filename="${filename}"`,
    "last-modified": object.uploaded.toUTCString(),
    vary: "accept-encoding",
  });
  object.writeHttpMetadata(answer);
  if (!("body" in object)) return new Response(null, { status: headers.has("if-match") ? 412 : 304, headers: answer });
  // R2 sends the whole file for a range that begins past its end, which is what `curl -C -` asks for when it has the whole file.
  const from = Number(/^bytes=(\d+)-/.exec(headers.get("range") ?? "")?.[1] ?? 0);
  if (from > 0 && from >= object.size) {
    await object.body.cancel();
    throw new RedraftError(
      "range_not_satisfiable",
      `The file has ${object.size} bytes; the range begins past its end.`,
    );
  }
  if (gzip) {
    answer.set("content-encoding", "gzip");
    if (c.req.method === "HEAD") return new Response(null, { status: 200, headers: answer });
    const body = object.body.pipeThrough(new CompressionStream("gzip"));
    return new Response(body, { status: 200, headers: answer, encodeBody: "manual" });
  }
  const { start, end } = rangeOf(object);
  const partial = headers.has("range") && end - start < object.size;
  answer.set("content-length", String(end - start));
  if (partial) answer.set("content-range", `bytes ${start}-${end - 1}/${object.size}`);
  if (c.req.method === "HEAD") return new Response(null, { status: 200, headers: answer });
  return new Response(object.body, { status: partial ? 206 : 200, headers: answer });
}

/** The request's headers as R2 reads them: it knows no weak names, and If-None-Match compares weakly anyway. */
function conditionsOf(given: Headers): Headers {
  const headers = new Headers(given);
  const known = headers.get("if-none-match");
  if (known !== null) headers.set("if-none-match", known.replaceAll('W/"', '"'));
  return headers;
}

/** Cloudflare writes its own Accept-Encoding into every request, and keeps the caller's elsewhere. */
function clientAcceptEncoding(c: AppContext): string | null {
  const { cf } = c.req.raw as Request<unknown, { clientAcceptEncoding?: string }>;
  return cf === undefined ? c.req.raw.headers.get("accept-encoding") : (cf.clientAcceptEncoding ?? null);
}

function takesGzip(accepted: string | null): boolean {
  return (accepted ?? "").split(",").some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(coding));
}

/** The bytes an answer holds, from `start` up to but without `end`. */
function rangeOf({ range, size }: R2Object): { start: number; end: number } {
  if (range === undefined) return { start: 0, end: size };
  // Every key is there, with undefined where it says nothing; the types promise otherwise.
  const { offset = 0, length = size, suffix } = range as { offset?: number; length?: number; suffix?: number };
  if (suffix !== undefined) return { start: Math.max(0, size - suffix), end: size };
  return { start: offset, end: Math.min(size, offset + length) };
}
