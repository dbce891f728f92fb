import { and, desc, inArray, isNull, ne, or } from "drizzle-orm";
import { type Db, valuesOf } from "../../db/client.ts";
import type { exportsTable } from "../../db/schema/exports.ts";
import { failedReplies, NOT_WITHDRAWN } from "../../db/schema/failures.ts";
import type { Unseen } from "../../db/schema/fine-tunes.ts";
import { type ExportFileName, fileKey } from "../../exports/export-state.ts";
import { failureConditions } from "../../failures/queries.ts";
import { withoutNumbers } from "../../guards/without-personal-data.ts";
import { NearIndex } from "../../lib/near-duplicates/near-index.ts";
import { likenessOf, type Sketch } from "../../lib/near-duplicates/sketch.ts";
import { readLines } from "../../lib/read-lines.ts";
import { hashText } from "../../lib/text-hash.ts";
import type { Services } from "../../services.ts";
import { prepareReplay, selectTexts } from "./replay.ts";
import { MOST_CASES } from "./schemas.ts";

/*
 * Which failures a tuned model has not seen. A failure in a training line is seen, and so is every other one whose
 * customer message is a near duplicate of one there (`lib/near-duplicates`): it would measure memory.
 *
 * `held_out`: in the export's validation file, so drawn from the same failures as the training lines, with no near
 * duplicates on both sides. (The provider computes a loss on that file; it does not train on it.)
 *
 * Where an export held nothing out, two weaker kinds are left, whose prompts are looked up in the training file first:
 * `later`, recorded after the export was asked for (other times may bring other questions), and `left_out`, left out
 * of the export, mostly because its rewrite gained too little (not a fair sample: hard for the rewriting model).
 */

/** Something that trying again does not fix, in words that may be shown. */
export class ComparisonError extends Error {}

interface Drawn {
  failureId: string;
  clusterId: string | null;
  unseen: Unseen;
  /** Of what a training line with its prompt would say: with personal data replaced, and without. */
  sketches: Sketch[];
}

/** Candidates looked at for each case wanted: some are erased by now, or ask what another one asks. */
const SPARE = 2;

/** Of failures recorded later, the newest. */
const MOST_LATER = 4 * MOST_CASES;

/** Up to here a training file is read through for the prompts of candidates: some ten seconds of CPU. */
const MOST_TRAINING_BYTES = 256 * 1024 * 1024;

const MOST_LINE_BYTES = 4 * 1024 * 1024;

/** This many texts at once are some megabytes. */
const READ_ROWS = 100;

/** Left out because it is in the file already, or because it cannot be put to a model. */
const NOT_TESTABLE = /"reason":"(duplicate|empty|over_long)"/;

type Source = typeof exportsTable.$inferSelect;
type Drawing = Pick<Services, "db" | "bucket" | "config">;

/**
 * Draws up to `limit` failures that a model trained on this export has not seen, of near duplicates one. The same failures
 * come first every time, so that two models of one export meet the same ones.
 * @throws ComparisonError when there is no saying any more what was seen
 */
export async function drawUnseen(services: Drawing, source: Source, limit: number): Promise<Drawn[]> {
  const most = limit * SPARE;
  if (source.validationRows > 0) {
    const heldOut = idsIn(services, source, "improvements.jsonl", (line) => line.includes('"file":"validation"'));
    return (await readDistinct(services, { held_out: await draw(heldOut, most) })).slice(0, limit);
  }
  const leftOut = idsIn(services, source, "skipped.jsonl", (line) => !NOT_TESTABLE.test(line));
  const candidates = await readDistinct(services, {
    later: await draw(await recordedLater(services.db, source), MOST_LATER),
    left_out: await draw(leftOut, most),
  });
  return (await withoutSeen(services, source, candidates)).slice(0, limit);
}

async function* linesOf({ bucket }: Drawing, source: Source, file: ExportFileName) {
  const object = await bucket.get(fileKey(source, file));
  if (object === null)
    throw new ComparisonError(`The export's ${file} is gone, so there is no saying what the model has not seen.`);
  const decoder = new TextDecoder();
  for await (const { bytes } of readLines(object.body, MOST_LINE_BYTES)) if (bytes) yield decoder.decode(bytes);
}

/** The failures named in a file, where the export has it. @param wanted looks at a line before it is parsed */
async function* idsIn(
  services: Drawing,
  source: Source,
  file: "improvements.jsonl" | "skipped.jsonl",
  wanted: (line: string) => boolean,
) {
  if (source.files?.[file] === undefined) return;
  for await (const line of linesOf(services, source, file))
    if (wanted(line)) yield (JSON.parse(line) as { failure_id: string }).failure_id;
}

/** Failures of the kind that the export took, recorded since. */
async function recordedLater(db: Db, { options: { topic, failure_category }, createdAt }: Source): Promise<string[]> {
  const where = await failureConditions(db, { topic, failure_category, since: createdAt + 1 });
  if (where === null) return [];
  const rows = await db
    .select({ id: failedReplies.id })
    .from(failedReplies)
    .where(and(...where, NOT_WITHDRAWN))
    .orderBy(desc(failedReplies.id))
    .limit(MOST_LATER);
  return rows.map(({ id }) => id);
}

/** The ids with the lowest hashes among any number: a draw that comes out the same every time. */
async function draw(ids: AsyncIterable<string> | string[], most: number): Promise<string[]> {
  let kept: { id: string; rank: number }[] = [];
  const prune = () => kept.sort((a, b) => a.rank - b.rank).slice(0, most);
  for await (const id of ids) {
    kept.push({ id, rank: hashText(id).high });
    if (kept.length >= 4 * most) kept = prune();
  }
  return prune().map(({ id }) => id);
}

/** Candidates that are still there and have a reference, the first of near duplicates. */
async function readDistinct({ db, config }: Drawing, ids: Partial<Record<Unseen, string[]>>): Promise<Drawn[]> {
  const candidates = Object.entries(ids).flatMap(([unseen, own]) =>
    own.map((id) => ({ id, unseen: unseen as Unseen })),
  );
  const distinct: Drawn[] = [];
  const index = new NearIndex(candidates.length);
  for (let from = 0; from < candidates.length; from += READ_ROWS) {
    const chunk = candidates.slice(from, from + READ_ROWS);
    const rows = await selectTexts(db).where(
      and(
        inArray(failedReplies.id, valuesOf(chunk.map(({ id }) => id))),
        NOT_WITHDRAWN,
        // The judge found no reference in it at correction time; it would find none now.
        or(isNull(failedReplies.reasonCode), ne(failedReplies.reasonCode, "unusable_reference")),
        // One that speaks to the judge is rated by nobody.
        or(isNull(failedReplies.suspicion), ne(failedReplies.suspicion, "addresses_model")),
      ),
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const { id, unseen } of chunk) {
      const row = byId.get(id);
      const replay = row && prepareReplay(row, null, config);
      if (!row || !replay || typeof replay === "string") continue;
      // The setting may have been another one when the file was written.
      const [shown, asked] = [sketchOf(replay.prompt), sketchOf(row.prompt)];
      if (index.has(shown)) continue;
      index.add(shown);
      distinct.push({ failureId: id, clusterId: row.clusterId, unseen, sketches: [shown, asked] });
    }
  }
  return distinct;
}

/** Those of the candidates that no line of the training file is near. */
async function withoutSeen(services: Drawing, source: Source, candidates: Drawn[]): Promise<Drawn[]> {
  if (candidates.length === 0) return candidates;
  if (source.bytes > MOST_TRAINING_BYTES) {
    throw new ComparisonError(
      "The training file is too large to look through, and nothing was held out of it. " +
        "Train on an export with a validation_fraction to compare.",
    );
  }
  const sketches = candidates.flatMap((candidate) => candidate.sketches);
  const index = new NearIndex(sketches.length);
  for (const sketch of sketches) index.add(sketch);
  const seen = new Set<Sketch>();
  for await (const line of linesOf(services, source, "training_data.jsonl"))
    for (const place of index.takeNear(sketchOf(promptOf(JSON.parse(line))))) {
      const sketch = sketches[place];
      if (sketch !== undefined) seen.add(sketch);
    }
  return candidates.filter((candidate) => !candidate.sketches.some((sketch) => seen.has(sketch)));
}

type Messages = { role: string; content: string }[];

/** The customer's message of a training line; fine-tunes take OpenAI's two formats. */
function promptOf({ messages, input }: { messages?: Messages; input?: { messages: Messages } }): string {
  return (messages ?? input?.messages)?.find(({ role }) => role === "user")?.content ?? "";
}

/** Placeholders are numbered by the whole line, so their numbers say nothing of the prompt. */
function sketchOf(prompt: string): Sketch {
  return likenessOf(withoutNumbers(prompt)).sketch;
}
