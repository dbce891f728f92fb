import { withoutNumbers } from "../guards/without-personal-data.ts";
import { NearIndex } from "../lib/near-duplicates/near-index.ts";
import { BANDS, likenessOf, type Sketch } from "../lib/near-duplicates/sketch.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { readSection, segmentKey } from "./segment.ts";

/*
 * Training and validation lines share no near duplicates. Lines are drawn for validation one by one, as they come, by
 * what near duplicates mostly have in common. When all are in, a group of near duplicates with a line in training goes
 * there as a whole. So nothing of the training lines is held in memory but one segment's sketches at a time, and what
 * is drawn can be told of any message by itself.
 */

/** Drawn lines are held in memory at the end, some 170 bytes each; more of them would tell a trainer nothing more. */
export const MOST_DRAWN = 200_000;

/** Whether a customer's message is drawn for validation: near duplicates may still bring its line back to training. */
export function isDrawn(asked: string, fraction: number): boolean {
  return fraction > 0 && likenessOf(withoutNumbers(asked)).draw < fraction;
}

/**
 * Whether a line is drawn for validation, and what near duplicates of it are known by.
 * @param asked the customer's message as it came: others must be able to tell whether it is drawn
 * @param shown the same as the line has it
 */
export function sideOf(asked: string, shown: string, fraction: number): { isDrawn: boolean; sketch: Sketch } {
  const { sketch, draw } = likenessOf(withoutNumbers(shown));
  return { sketch, isDrawn: asked === shown ? draw < fraction : isDrawn(asked, fraction) };
}

type Written = Pick<Checkpoint, "generation" | "segments"> & { id: string };

/**
 * The drawn lines that go to training after all, because a line there is near one of their group.
 * @param drawn how many lines were drawn
 * @returns their places among the drawn lines, and how many groups stay
 */
export async function findMoved(
  bucket: R2Bucket,
  written: Written,
  drawn: number,
): Promise<{ moved: number[]; groups: number }> {
  const index = new NearIndex(drawn);
  for await (const sketch of sketchesIn(bucket, written, "drawn")) index.add(sketch);
  for await (const sketch of sketchesIn(bucket, written, "trained")) index.takeGroupsNear(sketch);
  const places = Array.from({ length: index.size }, (_, place) => place);
  const moved = places.filter((place) => index.isTaken(place));
  let groups = 0;
  for (const place of places) {
    if (index.isTaken(place)) continue;
    index.takeGroupOf(place);
    groups++;
  }
  return { moved, groups };
}

async function* sketchesIn(bucket: R2Bucket, { id, generation, segments }: Written, section: "drawn" | "trained") {
  for (const [nth, lengths] of segments.entries()) {
    const bytes = await readSection(bucket, segmentKey(id, generation, nth), lengths, section);
    const words = new Uint32Array(bytes.slice().buffer);
    for (let at = 0; at < words.length; at += BANDS) yield words.subarray(at, at + BANDS);
  }
}

/** Some of the lines drawn for validation, without their line feeds. @param places of these lines, in rising order */
export async function* drawnLines(
  bucket: R2Bucket,
  { id, generation, segments }: Written,
  places: readonly number[],
): AsyncGenerator<string> {
  let [place, next] = [0, 0];
  for (const [nth, lengths] of segments.entries()) {
    const bytes = await readSection(bucket, segmentKey(id, generation, nth), lengths, "validation");
    for (const line of new TextDecoder().decode(bytes).split("\n").slice(0, -1)) {
      if (place++ !== places[next]) continue;
      yield line;
      next++;
    }
  }
}

/** What becomes of the smaller files' sections where drawn lines were moved. Given them in order, section by section. */
export class MovedLines {
  /** By place: the line's number in the file that it is in by now; below 0 in the training file. */
  readonly #lines: Int32Array;
  #place = 0;

  /** @param trainingRows lines of the training file, the moved ones included, which are its last */
  constructor(moved: readonly number[], validationRows: number, trainingRows: number) {
    this.#lines = new Int32Array(validationRows + moved.length);
    for (const [nth, place] of moved.entries()) this.#lines[place] = -(trainingRows - moved.length + nth + 1);
    let line = 0;
    for (const [place, known] of this.#lines.entries()) if (known === 0) this.#lines[place] = ++line;
  }

  /** The validation lines that stay. */
  validation(section: Uint8Array): Uint8Array {
    const lines = new TextDecoder().decode(section).split(/(?<=\n)/);
    const staying = lines.filter((line) => line !== "" && (this.#lines[this.#place++] ?? 0) > 0);
    return new TextEncoder().encode(staying.join(""));
  }

  /** The sidecar, with the moved lines where they are by now. */
  improvements(section: Uint8Array): Uint8Array {
    const text = new TextDecoder().decode(section).replace(/"file":"validation","line":(\d+)/g, (_, drawn: string) => {
      const line = this.#lines[Number(drawn) - 1] ?? 0;
      return line > 0 ? `"file":"validation","line":${line}` : `"file":"training","line":${-line}`;
    });
    return new TextEncoder().encode(text);
  }
}
