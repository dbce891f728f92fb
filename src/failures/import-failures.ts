import { type Changed, touchClusters } from "../clusters/context/read-context.ts";
import { checkJson } from "../lib/check-json.ts";
import { RedraftError } from "../lib/errors.ts";
import { fieldErrorLine, fieldErrors } from "../lib/field-errors.ts";
import { log } from "../lib/log.ts";
import { readLines } from "../lib/read-lines.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";
import { recordFailures } from "./record-failures.ts";
import { type FailureInput, failureInput, type ImportOutput } from "./schemas.ts";

/** A line may be this long, in bytes: what the largest failure needs, twice over. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Lines are recorded together up to this many, or this many bytes as they are sent to D1, which takes 2 MB at once. */
const CHUNK_LINES = 200;
const CHUNK_BYTES = 1_500_000;

const SHOWN_ERRORS = 100;

type Importing = Pick<Services, "db" | "clock" | "newId" | "config" | "corrections" | "jobs" | "clusters">;

/**
 * Records failures from NDJSON, a line each, as they stream in; never holds more than a chunk of them. A bad line is
 * counted and named, and never stops the rest. Blank lines and a byte order mark count as nothing.
 * @param waitUntil for what is left to do when the caller has been answered
 * @throws RedraftError that says how far it came, where the body breaks off or D1 does not take a chunk
 */
export async function importFailures(
  services: Importing,
  body: ReadableStream<Uint8Array>,
  waitUntil: WaitUntil,
): Promise<ImportOutput> {
  const touched = new Map<string, Changed>();
  try {
    return await importLines(services, body, (one) => touched.set(`${one.clusterId} ${one.failureCategory}`, one));
  } finally {
    // Each cluster hears of it once, also after a body that broke off: what came before is recorded.
    if (touched.size > 0) waitUntil(touchClusters(services, [...touched.values()]));
  }
}

async function importLines(
  services: Importing,
  body: ReadableStream<Uint8Array>,
  note: (changed: Changed) => void,
): Promise<ImportOutput> {
  const importId = services.newId();
  const counts: ImportOutput = {
    import_id: importId,
    received: 0,
    recorded: 0,
    duplicates: 0,
    rejected: 0,
    errors: [],
  };
  let chunk: { line: number; input: FailureInput }[] = [];
  let chunkBytes = 0;

  const reject = (line: number, detail: string) => {
    counts.rejected += 1;
    if (counts.errors.length < SHOWN_ERRORS) counts.errors.push({ line, detail });
  };
  const flush = async () => {
    if (chunk.length === 0) return;
    const inputs = chunk.map(({ input }) => input);
    const { results, changed } = await recordFailures(services, inputs, importId).catch((error: unknown) => {
      log.error("import_not_recorded", { count: inputs.length }, error);
      throw stopped("unavailable", `The lines from ${chunk[0]?.line} on could not be recorded.`, counts);
    });
    changed.forEach(note);
    results.forEach(({ result }, i) => {
      if (result === "recorded") counts.recorded += 1;
      else if (result === "duplicate") counts.duplicates += 1;
      else reject(chunk[i]?.line ?? 0, result === "erased" ? ERASED : CONFLICT);
    });
    chunk = [];
    chunkBytes = 0;
  };

  const take = async (line: number, bytes: Uint8Array | null) => {
    counts.received += 1;
    const parsed = bytes === null ? `is longer than ${MAX_LINE_BYTES} bytes` : parseLine(bytes);
    if (typeof parsed === "string") return reject(line, parsed);
    const sentBytes = encodedBytes(parsed);
    if (chunk.length >= CHUNK_LINES || chunkBytes + sentBytes > CHUNK_BYTES) await flush();
    chunk.push({ line, input: parsed });
    chunkBytes += sentBytes;
  };

  try {
    for await (const { line, bytes } of readLines(body, MAX_LINE_BYTES)) {
      if (bytes === null || !isBlank(bytes)) await take(line, bytes);
    }
  } catch (error) {
    if (error instanceof RedraftError) throw error;
    // The lines that came whole are recorded all the same.
    await flush();
    log.warn("import_broken_off", { count: counts.received }, error);
    throw stopped("invalid", "The body broke off.", counts);
  }
  await flush();
  counts.errors.sort((a, b) => a.line - b.line);
  return counts;
}

/** What came before is recorded, and the caller has to know how much that is. */
function stopped(code: "invalid" | "unavailable", what: string, counts: ImportOutput): RedraftError {
  const { import_id, received, recorded, duplicates, rejected, errors } = counts;
  const detail =
    `${what} Of ${received} lines that came whole, ${recorded} were recorded, ${duplicates} were known, and ${rejected} ` +
    `were rejected. Send the file again: lines with an external_id are not recorded twice. The import_id is ${import_id}.`;
  return new RedraftError(
    code,
    detail,
    errors.map((error) => ({ pointer: `/${error.line - 1}`, detail: `line ${error.line} ${error.detail}` })),
  );
}

/** What a failure takes in a parameter to D1, at most: texts are encoded once there, and objects twice. */
function encodedBytes(input: FailureInput): number {
  return new TextEncoder().encode(JSON.stringify(JSON.stringify(input))).byteLength;
}

export const ERASED = "external_id is that of a failure that was erased, so it is not recorded again";
export const CONFLICT = "external_id was already recorded with other content";

/** A failure, or in words what is wrong with the line. */
function parseLine(bytes: Uint8Array): FailureInput | string {
  const problem = checkJson(bytes);
  if (problem !== null) return problem;
  let value: unknown;
  try {
    // A byte order mark at the start is dropped.
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return "is not valid JSON";
  }
  const parsed = failureInput.safeParse(value);
  return parsed.success ? parsed.data : fieldErrorLine(fieldErrors(parsed.error));
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
