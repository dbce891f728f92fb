import { and, desc, inArray, isNull, ne, or } from "drizzle-orm";
import { type Db, valuesOf } from "../../db/client.ts";
import type { ExportOptions, exportsTable } from "../../db/schema/exports.ts";
import { failedReplies } from "../../db/schema/failures.ts";
import type { Unseen } from "../../db/schema/fine-tunes.ts";
import { type ExportFileName, fileKey } from "../../exports/export-state.ts";
import { failureConditions } from "../../failures/queries.ts";
import { readLines } from "../../lib/read-lines.ts";
import { type Hash64, hashText } from "../../lib/text-hash.ts";
import type { Services } from "../../services.ts";
import { ComparisonError, MOST_CASES } from "./comparison-state.ts";
import { selectTexts, toReplay } from "./replay.ts";

/*
 * Which failures a tuned model has not seen. A failure in a training line is seen, and so is every other one with the
 * same customer message: it would measure memory.
 *
 * - `held_out`: the export put it into its validation file. These are the best: drawn by a hash of the prompt from the
 *   same failures as the training lines, with no prompt on both sides. (The provider computes a loss on that file; it
 *   does not train on it.)
 *
 * Where an export held nothing out, two weaker kinds are left, whose prompts are looked up in the training file first:
 *
 * - `later`: recorded after the export was asked for. Other times may bring other questions.
 * - `left_out`: the export left it out, mostly because its rewrite gained too little. Not a fair sample: these are
 *   failures that the rewriting model found hard.
 */

export interface Drawn {
  failureId: string;
  clusterId: string | null;
  unseen: Unseen;
}

interface Distinct {
  drawn: Drawn;
  /** Hashes of what a training line with its prompt would say: with personal data replaced, and without. */
  prompts: string[];
}

interface Candidate {
  failureId: string;
  unseen: Unseen;
}

/** Candidates looked at for each case wanted: some are erased by now, or ask what another one asks. */
const SPARE = 2;

/** Of failures recorded later, the newest. */
const MOST_LATER = 4 * MOST_CASES;

/** Up to here a training file is read through for the prompts of candidates: some ten seconds of CPU. */
const MOST_TRAINING_BYTES = 256 * 1024 * 1024;

const MOST_LINE_BYTES = 4 * 1024 * 1024;

/** Left out because it is in the file already, or because it cannot be put to a model. */
const NOT_TESTABLE = ["duplicate", "empty", "over_long"];

type Source = typeof exportsTable.$inferSelect;
type Drawing = Pick<Services, "db" | "bucket" | "config">;

/**
 * Draws up to `limit` failures that a model trained on this export has not seen, each prompt once. The same failures
 * come first every time, so that two models of one export meet the same ones.
 * @throws ComparisonError when nobody can say any more what was seen
 */
export async function drawUnseen(services: Drawing, source: Source, limit: number): Promise<Drawn[]> {
  const heldOut = (source.files?.["validation_data.jsonl"]?.rows ?? 0) > 0;
  const most = limit * SPARE;
  const candidates = heldOut
    ? await draw(heldOutOf(services, source), most, "held_out")
    : [
        ...(await draw(recordedLater(services.db, source), MOST_LATER, "later")),
        ...(await draw(leftOutOf(services, source), most, "left_out")),
      ];
  const distinct = await readDistinct(services, candidates);
  const asked = new Set([...distinct.values()].flatMap(({ prompts }) => prompts));
  const seen = heldOut ? new Set<string>() : await seenPrompts(services, source, asked);
  const unseen = [...distinct.values()].filter(({ prompts }) => !prompts.some((prompt) => seen.has(prompt)));
  return unseen.slice(0, limit).map(({ drawn }) => drawn);
}

async function* linesOf({ bucket }: Drawing, source: Source, file: ExportFileName) {
  const object = await bucket.get(fileKey(source, file));
  if (object === null)
    throw new ComparisonError(`The export's ${file} is gone, so there is no saying what the model has not seen.`);
  const decoder = new TextDecoder();
  for await (const { bytes } of readLines(object.body, MOST_LINE_BYTES)) if (bytes) yield decoder.decode(bytes);
}

async function* heldOutOf(services: Drawing, source: Source) {
  for await (const line of linesOf(services, source, "improvements.jsonl")) {
    if (line.includes('"file":"validation"')) yield (JSON.parse(line) as { failure_id: string }).failure_id;
  }
}

async function* leftOutOf(services: Drawing, source: Source) {
  if (source.files?.["skipped.jsonl"] === undefined) return;
  for await (const line of linesOf(services, source, "skipped.jsonl")) {
    const { failure_id, reason } = JSON.parse(line) as { failure_id: string; reason: string };
    if (!NOT_TESTABLE.includes(reason)) yield failure_id;
  }
}

/** Failures of the kind that the export took, recorded since. */
async function* recordedLater(db: Db, { options: { topic, failure_category }, createdAt }: Source) {
  const where = await failureConditions(db, { topic, failure_category, since: createdAt + 1 });
  if (where === null) return;
  const rows = await db
    .select({ id: failedReplies.id })
    .from(failedReplies)
    .where(and(...where))
    .orderBy(desc(failedReplies.id))
    .limit(MOST_LATER);
  for (const { id } of rows) yield id;
}

/** The ids with the lowest hashes among any number: a draw that comes out the same every time. */
async function draw(ids: AsyncIterable<string>, most: number, unseen: Unseen): Promise<Candidate[]> {
  let kept: { failureId: string; unseen: Unseen; rank: number }[] = [];
  const prune = () => kept.sort((a, b) => a.rank - b.rank).slice(0, most);
  for await (const failureId of ids) {
    kept.push({ failureId, unseen, rank: hashText(failureId).high });
    if (kept.length >= 4 * most) kept = prune();
  }
  return prune();
}

/** Candidates that are still there and have a reference, the first of each prompt, by the hash of their prompt. */
async function readDistinct({ db, config }: Drawing, candidates: Candidate[]): Promise<Map<string, Distinct>> {
  const distinct = new Map<string, Distinct>();
  for (let from = 0; from < candidates.length; from += READ_ROWS) {
    const chunk = candidates.slice(from, from + READ_ROWS);
    const rows = new Map((await readTexts(db, chunk)).map((row) => [row.id, row]));
    for (const { failureId, unseen } of chunk) {
      const row = rows.get(failureId);
      const replay = row && toReplay({ ...row, system: null }, { redacting: config.REDACT_EXPORTS });
      if (!row || !replay || typeof replay === "string") continue;
      // The setting may have been another one when the file was written.
      const prompts = [replay.prompt, row.prompt.toWellFormed()].map((prompt) => keyOf(hashText(prompt)));
      const [key = ""] = prompts;
      if (!distinct.has(key)) distinct.set(key, { prompts, drawn: { failureId, clusterId: row.clusterId, unseen } });
    }
  }
  return distinct;
}

/** This many texts at once are some megabytes. */
const READ_ROWS = 100;

function readTexts(db: Db, chunk: Candidate[]) {
  return selectTexts(db).where(
    and(
      inArray(failedReplies.id, valuesOf(chunk.map(({ failureId }) => failureId))),
      // The judge found no reference in it at correction time; it would find none now.
      or(isNull(failedReplies.reasonCode), ne(failedReplies.reasonCode, "unusable_reference")),
    ),
  );
}

/** Those of the prompts that are in the training file. */
async function seenPrompts(services: Drawing, source: Source, asked: Set<string>): Promise<Set<string>> {
  if (asked.size === 0) return new Set();
  if (source.bytes > MOST_TRAINING_BYTES) {
    throw new ComparisonError(
      "The training file is too large to look through, and nothing was held out of it. " +
        "Train on an export with a validation_fraction to compare.",
    );
  }
  const seen = new Set<string>();
  for await (const line of linesOf(services, source, "training_data.jsonl")) {
    const key = keyOf(hashText(promptOf(JSON.parse(line), source.options)));
    if (asked.has(key)) seen.add(key);
  }
  return seen;
}

interface Line {
  messages?: Message[];
  input?: { messages: Message[] };
}
type Message = { role: string; content: string };

/** The customer's message of a training line; fine-tunes take OpenAI's two formats. */
function promptOf(line: Line, { format }: ExportOptions): string {
  const messages = (format === "openai-dpo" ? line.input?.messages : line.messages) ?? [];
  return messages.find(({ role }) => role === "user")?.content ?? "";
}

const keyOf = ({ high, low }: Hash64) => `${high} ${low}`;
