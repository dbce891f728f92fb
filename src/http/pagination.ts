import { z } from "@hono/zod-openapi";
import { fromBase64Url, toBase64Url } from "../lib/base64url.ts";
import { RedraftError } from "../lib/errors.ts";

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 100;

/** Query parameters of every list. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_LIMIT)
    .default(DEFAULT_LIMIT)
    .openapi({ description: "Rows per page, at most 100." }),
  cursor: z.string().max(500).optional().openapi({ description: "`next_cursor` of the previous page." }),
};

/** Answer of every list. */
export function pageOf<T extends z.ZodType>(row: T) {
  return z.object({ data: z.array(row), next_cursor: z.string().nullable() });
}

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** The place after a row: the values its order is by. Opaque to callers. */
export type Position = (string | number)[];

/** A page from up to `limit + 1` rows: one more than asked for means that there is a next page. */
export function toPage<Row, Out>(
  rows: Row[],
  limit: number,
  position: (row: Row) => Position,
  map: (row: Row) => Out,
): Page<Out> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    data: shown.map(map),
    next_cursor: rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null,
  };
}

export function encodeCursor(position: Position): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify(position)));
}

/** The id that the cursor of a list ordered by id stands for; undefined on the first page. */
export function idAfter(cursor: string | undefined): string | undefined {
  return cursor ? String(decodeCursor(cursor, ["string"])[0]) : undefined;
}

/**
 * Reads a cursor back, held against the kinds of value its order has ("string" or "number", in turn).
 * @throws RedraftError `invalid` for anything this list did not make
 */
export function decodeCursor(cursor: string, kinds: ("string" | "number")[]): Position {
  try {
    const position: unknown = JSON.parse(new TextDecoder().decode(fromBase64Url(cursor)));
    if (
      Array.isArray(position) &&
      position.length === kinds.length &&
      position.every((v, i) => typeof v === kinds[i])
    ) {
      return position;
    }
  } catch {
    // Falls through to the one answer for all bad cursors.
  }
  throw new RedraftError("invalid", "This cursor does not belong to this list.", [
    { pointer: "?cursor", detail: "must be next_cursor of the previous page, with the same sort and filters" },
  ]);
}
