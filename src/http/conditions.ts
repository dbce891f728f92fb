/*
 * What a download sends: the whole file, a part of it, or none of it (RFC 9110, sections 13 and 14). Pure. Headers that
 * cannot be read count as absent.
 */

/** The file as it is now. */
export interface Stored {
  size: number;
  /** In quotes, without `W/`. */
  etag: string;
  /** Milliseconds. */
  modified: number;
  /** The address never had another file and never will. */
  fixed: boolean;
}

export type Sending =
  /** Up to but without `end`. */
  | { send: "part"; start: number; end: number }
  | { send: "whole" }
  /** 304: the caller has it. */
  | { send: "unchanged" }
  /** 412: it is not the file the caller means. */
  | { send: "other" }
  /** 416 */
  | { send: "out_of_range" }
  /** 428: the caller may hold a part of another file, and did not say of which. */
  | { send: "unnamed" };

/** @param headers those of a GET; a HEAD is asked about the whole file, so its `Range` does not count */
export function whatToSend(headers: Headers, method: string, file: Stored): Sending {
  const matching = entityTags(headers.get("if-match"));
  if (matching !== null) {
    if (!matching.includes("*") && !matching.includes(file.etag)) return { send: "other" };
  } else if (wholeSeconds(file.modified) > (httpDate(headers.get("if-unmodified-since")) ?? Number.POSITIVE_INFINITY)) {
    return { send: "other" };
  }
  const known = entityTags(headers.get("if-none-match"));
  if (known !== null) {
    // Names one file whether it came compressed or not.
    const names = known.map((tag) => tag.replace(/^W\//, ""));
    if (names.includes("*") || names.includes(file.etag)) return { send: "unchanged" };
  } else if (wholeSeconds(file.modified) <= (httpDate(headers.get("if-modified-since")) ?? -1)) {
    return { send: "unchanged" };
  }
  const range = method === "GET" ? byteRange(headers.get("range")) : null;
  // All of it: nothing was held before.
  if (range === null || (range.first === 0 && range.last === null)) return { send: "whole" };
  const ifRange = headers.get("if-range");
  if (ifRange !== null && !isSame(ifRange, file)) return { send: "whole" };
  const named = ifRange !== null || matching?.includes(file.etag) === true;
  return partOf(range, file, file.fixed || named);
}

interface ByteRange {
  /** Null: the last `last` bytes. */
  first: number | null;
  /** The last byte, itself in the range; null: up to the end. */
  last: number | null;
}

/** One range; several at once may be answered with the whole file, and are. */
function byteRange(header: string | null): ByteRange | null {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? "") ?? [];
  if (first === "" && last === "") return null;
  const range = { first: first === "" ? null : Number(first), last: last === "" ? null : Number(last) };
  return range.first !== null && range.last !== null && range.last < range.first ? null : range;
}

function partOf({ first, last }: ByteRange, { size }: Stored, named: boolean): Sending {
  // Whoever asks for what follows the last byte has it all: no part of it can be put to a part of another.
  const complete = first === size && last === null;
  if (!named && !complete) return { send: "unnamed" };
  if (first === null) {
    if (last === 0) return { send: "out_of_range" };
    return size === 0 ? { send: "whole" } : { send: "part", start: Math.max(0, size - (last ?? 0)), end: size };
  }
  if (first >= size) return { send: "out_of_range" };
  return { send: "part", start: first, end: Math.min(size, (last ?? size) + 1) };
}

/** If-Range compares strongly. A date does that only where no two files can have the same: it counts whole seconds. */
function isSame(ifRange: string, file: Stored): boolean {
  if (ifRange.trim() === file.etag) return true;
  return file.fixed && httpDate(ifRange) === wholeSeconds(file.modified);
}

/** The names in a header, or null where it has none that can be read. */
function entityTags(header: string | null): string[] | null {
  const given = header?.trim() ?? "";
  if (given === "*") return ["*"];
  const tag = '(?:W/)?"[\\x21\\x23-\\x7e\\x80-\\uffff]*"';
  if (!new RegExp(`^${tag}(?:\\s*,\\s*${tag})*$`).test(given)) return null;
  return given.match(new RegExp(tag, "g"));
}

/** In milliseconds, or null for what is no date as HTTP writes it, in any of its three forms. */
function httpDate(header: string | null): number | null {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(header?.trim() ?? "")) return null;
  const time = Date.parse(header ?? "");
  return Number.isNaN(time) ? null : time;
}

function wholeSeconds(time: number): number {
  return time - (time % 1000);
}
