import { isRecord } from "./check-answer.ts";
import type { FuzzRequest } from "./request.ts";

/**
 * The smallest request that still does what the given one does, by leaving out one thing after another: headers,
 * parameters, parts of the body.
 * @param still whether a request still does it
 * @param most how many may be tried
 */
export async function shrink(
  request: FuzzRequest,
  still: (smaller: FuzzRequest) => Promise<boolean>,
  most: number,
): Promise<FuzzRequest> {
  let smallest = request;
  let tries = 0;
  for (let found = true; found; ) {
    found = false;
    for (const smaller of smallerThan(smallest)) {
      if (tries++ >= most) return smallest;
      if (!(await still(smaller))) continue;
      smallest = smaller;
      found = true;
      break;
    }
  }
  return smallest;
}

function* smallerThan(request: FuzzRequest): Generator<FuzzRequest> {
  const { headers, path, body, chunked } = request;
  if (chunked) yield { ...request, chunked: false };
  if (body !== null) for (const smaller of smallerBodies(body)) yield { ...request, body: smaller };
  const [pathname = "", query] = path.split("?", 2);
  const pairs = query?.split("&") ?? [];
  if (pairs.length > 1) yield { ...request, path: pathname };
  for (const i of pairs.keys()) {
    const rest = pairs.toSpliced(i, 1).join("&");
    yield { ...request, path: rest === "" ? pathname : `${pathname}?${rest}` };
  }
  for (const i of headers.keys()) yield { ...request, headers: headers.toSpliced(i, 1) };
}

function* smallerBodies(body: Buffer): Generator<Buffer | null> {
  yield null;
  const value = parse(body);
  if (value !== undefined) for (const smaller of smallerValues(value)) yield Buffer.from(JSON.stringify(smaller));
  else if (body.byteLength > 1) {
    const half = Math.ceil(body.byteLength / 2);
    yield body.subarray(0, half);
    yield body.subarray(half);
    yield body.subarray(0, -1);
  }
}

function parse(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    // What does not come out as it went in (keys twice, spaces) may matter as it stands.
    return JSON.stringify(value) === body.toString("utf8") ? value : undefined;
  } catch {
    return undefined;
  }
}

function* smallerValues(value: unknown): Generator<unknown> {
  if (typeof value === "string" && value.length > 3) {
    for (const part of [value.length / 2, value.length / 4, 1].map(Math.floor)) {
      yield value.slice(0, -part || undefined);
      yield value.slice(part);
    }
  } else if (Array.isArray(value)) {
    for (const i of value.keys()) yield value.toSpliced(i, 1);
    for (const [i, inner] of value.entries()) for (const one of smallerValues(inner)) yield value.with(i, one);
  } else if (isRecord(value)) {
    for (const name of Object.keys(value)) {
      const { [name]: _, ...rest } = value;
      yield rest;
    }
    for (const [name, inner] of Object.entries(value))
      for (const one of smallerValues(inner)) yield { ...value, [name]: one };
  }
}
