import { RedraftError } from "../lib/errors.ts";
import type { AppContext } from "./app-env.ts";
import { type Sending, whatToSend } from "./conditions.ts";

/** Compressing costs CPU, about 15 ms a megabyte; larger files are worth a plain transfer. */
const MOST_COMPRESSED = 256 * 1024 * 1024;

/** Below this the frame costs more than it saves. */
const LEAST_COMPRESSED = 1024;

interface Download {
  /** Of the object in R2. What stands under a key never changes. */
  key: string;
  filename: string;
  /** The address that stays with this file. */
  location: string;
  /** The address that was asked never had another file. */
  fixed: boolean;
}

/**
 * Serves a file from R2 as a download: whole, in part (`Range`), or not at all when the caller has it
 * (`If-None-Match`). Whole files go compressed to callers that say they take it.
 *
 * Where another file may have stood at the same address, a part is sent only to callers that name the file they began
 * with (`If-Range`, `If-Match`): otherwise a download that is resumed would put two files together. The refusal is an
 * error because some clients (`wget -c`) cut off the beginning of a whole file that they get instead, and append the rest.
 */
export async function serveObject(c: AppContext, { key, filename, location, fixed }: Download): Promise<Response> {
  const { bucket } = c.var.services;
  const object = await bucket.head(key);
  if (object === null) throw noFile();
  const { size, httpEtag: etag, uploaded } = object;
  const sending = whatToSend(c.req.raw.headers, c.req.method, { size, etag, modified: uploaded.getTime(), fixed });
  const gzip =
    (sending.send === "whole" || sending.send === "unchanged") &&
    size >= LEAST_COMPRESSED &&
    size <= MOST_COMPRESSED &&
    takesGzip(clientAcceptEncoding(c));
  const answer = new Headers({
    // Other bytes than the plain file, so it may not have the same strong name.
    etag: gzip ? `W/${etag}` : etag,
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-disposition": `attachment; filename="${filename}"`,
    "content-location": location,
    "last-modified": uploaded.toUTCString(),
    vary: "accept-encoding",
  });
  object.writeHttpMetadata(answer);
  if (sending.send === "unchanged") return new Response(null, { status: 304, headers: answer });
  if (sending.send === "out_of_range") c.header("content-range", `bytes */${size}`);
  const { start, end } = bytesToSend(sending, size);
  if (gzip) answer.set("content-encoding", "gzip");
  else answer.set("content-length", String(end - start));
  if (sending.send === "part") answer.set("content-range", `bytes ${start}-${end - 1}/${size}`);
  const status = sending.send === "part" ? 206 : 200;
  if (c.req.method === "HEAD") return new Response(null, { status, headers: answer });
  const found = await bucket.get(key, sending.send === "part" ? { range: { offset: start, length: end - start } } : {});
  if (found === null) throw noFile();
  if (!gzip) return new Response(found.body, { status, headers: answer });
  const body = found.body.pipeThrough(new CompressionStream("gzip"));
  return new Response(body, { status, headers: answer, encodeBody: "manual" });
}

/** @throws RedraftError where nothing is sent */
function bytesToSend(sending: Exclude<Sending, { send: "unchanged" }>, size: number): { start: number; end: number } {
  switch (sending.send) {
    case "whole":
      return { start: 0, end: size };
    case "part":
      return sending;
    case "other":
      throw new RedraftError("precondition_failed", "This is another file than the one the request names.");
    case "out_of_range":
      throw new RedraftError("range_not_satisfiable", `The file has ${size} bytes; the range begins past its end.`);
    case "unnamed":
      throw new RedraftError(
        "precondition_required",
        "Another file may have been here when this download began. To resume it, send the ETag that it began with as " +
          "If-Match, or use the address that its first answer had in Content-Location; or download the file whole.",
      );
  }
}

function noFile(): RedraftError {
  return new RedraftError("not_found", "The file is not there.");
}

/** Cloudflare writes its own Accept-Encoding into every request, and keeps the caller's elsewhere. */
function clientAcceptEncoding(c: AppContext): string | null {
  const { cf } = c.req.raw as Request<unknown, { clientAcceptEncoding?: string }>;
  return cf === undefined ? c.req.raw.headers.get("accept-encoding") : (cf.clientAcceptEncoding ?? null);
}

function takesGzip(accepted: string | null): boolean {
  return (accepted ?? "").split(",").some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(coding));
}
