import fc from "fast-check";
import type { Sent } from "./bodies.ts";
import type { Api } from "./document.ts";
import { credentials, oddHeaders } from "./headers.ts";
import type { Pool } from "./pool.ts";
import type { FuzzRequest } from "./request.ts";

export interface Target {
  api: Api;
  pool: Pool;
  /** Of our own pages. */
  origin: string;
  /** The cookie of a signed-in browser. */
  session: string;
  /** Only paths that contain this. */
  only: string;
}

/** A request of these parts, with some key and some headers. */
export function requestOf(
  { session, origin }: Pick<Target, "session" | "origin">,
  what: { method: string; route: string },
  path: fc.Arbitrary<string>,
  sent: fc.Arbitrary<Sent>,
  headers: fc.Arbitrary<[string, string][]> = credentials(session, origin),
): fc.Arbitrary<FuzzRequest> {
  const chunked = fc.integer({ min: 1, max: 20 }).map((one) => one === 1);
  return fc
    .tuple(path, sent, headers, oddHeaders, chunked)
    .map(([where, { body, type, headers: own = [] }, key, odd, isChunked]) => {
      const all = new Map([...key, ...(type === null ? [] : [["content-type", type] as const]), ...own, ...odd]);
      return { ...what, path: where, headers: [...all], body, chunked: isChunked && body !== null };
    });
}

/** The runtime itself refuses longer addresses, before the Worker sees them. */
export const MOST_IN_URL = 1_000;

/** Most of a URL's text is encoded; what looks encoded already stays, because `%zz` is worth asking for. */
export function encode(text: string): string {
  if (/^%[0-9z]{0,2}$/i.test(text)) return text;
  return encodeURIComponent(text.slice(0, MOST_IN_URL).toWellFormed()).replace(/^\.\.?$/, (dots) =>
    dots.replaceAll(".", "%2e"),
  );
}

/** No body. */
export const NOTHING: fc.Arbitrary<Sent> = fc.constant({ body: null, type: null });
