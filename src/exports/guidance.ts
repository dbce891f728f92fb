import { inArray } from "drizzle-orm";
import type { Context, Lesson } from "../clusters/context/context.ts";
import { openingOf } from "../clusters/context/opening.ts";
import { readContext } from "../clusters/context/read-context.ts";
import { valuesOf } from "../db/client.ts";
import { lessons } from "../db/schema/clusters.ts";
import { guidedText } from "../prompts/guided-system-text.ts";
import type { Services } from "../services.ts";
import { type HeldOut, withoutHeldOut } from "./held-out.ts";

type Reading = Pick<Services, "clusters" | "db">;

/** A lesson that lines may show; `only` is the failure that it was learned from, where that is a single one. */
type ShownLesson = Lesson & { only?: string };

/** A cluster by its id, and what was known of it when a file was written. */
export type KnownContext = [clusterId: string, context: Omit<Context, "lessons"> & { lessons: ShownLesson[] }];

/** What the manifest says of it. */
export interface GuidanceSummary {
  topic: string | null;
  version: number;
  guided: boolean;
}

/**
 * The system texts that `/v1/prompts` would have served, had the failure not happened yet: without what was learned
 * from it alone, or its model would learn to copy hints that no new message comes with; and without what was learned
 * from held-out failures alone. The failure category is left out as well: nobody knows it before the reply. Each
 * cluster is asked once in an export, and what it said is kept in the checkpoints, so that all its lines come from one
 * version, those after a crash too.
 */
export class GuidanceTexts {
  readonly #services: Reading;
  readonly #known: Map<string, KnownContext[1]>;
  readonly #heldOut: HeldOut;
  #added: KnownContext[] = [];

  constructor(services: Reading, known: KnownContext[], heldOut: HeldOut) {
    this.#services = services;
    this.#known = new Map(known);
    this.#heldOut = heldOut;
  }

  /**
   * @param failure the one that the text is for
   * @throws Error when the cluster cannot be asked: a file must not silently go without
   */
  async of(clusterId: string | null, failure: { failureId: string; prompt: string }): Promise<string | null> {
    if (clusterId === null) return null;
    const context = this.#known.get(clusterId) ?? (await this.#ask(clusterId));
    const others = context.lessons.filter(({ only }) => only !== failure.failureId);
    return guidedText(withLessons(context, others), { customerMessage: failure.prompt });
  }

  async #ask(clusterId: string): Promise<KnownContext[1]> {
    // Never the isolate's copy: it may be from before an erasure, and a file would keep what was erased.
    const own = await readContext(this.#services, { cluster_id: clusterId });
    const { merged_into } = own;
    const context = merged_into === null ? own : await readContext(this.#services, { cluster_id: merged_into });
    // Examples hold customers' texts, and no export needs them.
    const kept = { ...withLessons(context, await this.#shownLessons(context.lessons)), examples: [] };
    this.#known.set(clusterId, kept);
    this.#added.push([clusterId, kept]);
    return kept;
  }

  async #shownLessons(all: Lesson[]): Promise<ShownLesson[]> {
    const { db } = this.#services;
    const ids = all.flatMap(({ id }) => id ?? []);
    const stored =
      ids.length === 0
        ? []
        : await db
            .select()
            .from(lessons)
            .where(inArray(lessons.id, valuesOf(ids)));
    const evidence = new Map(stored.map((lesson) => [lesson.id, lesson.evidence]));
    const learnedFrom = (lesson: Lesson) => lesson.toldOf ?? evidence.get(lesson.id ?? "") ?? [];
    const teaching = await withoutHeldOut(db, all.flatMap(learnedFrom), this.#heldOut);
    return all.flatMap((lesson): ShownLesson[] => {
      const from = learnedFrom(lesson);
      // Nothing: a person wrote it.
      if (from.length === 0) return [lesson];
      const [only, ...more] = new Set(from.filter((id) => teaching.has(id)));
      if (only === undefined) return [];
      return [more.length === 0 ? { ...lesson, only } : lesson];
    });
  }

  /** What came in since this was last asked. */
  takeAdded(): KnownContext[] {
    return this.#added.splice(0);
  }
}

function withLessons<C extends Context>(context: C, own: ShownLesson[]): C {
  if (own.length === context.lessons.length) return { ...context, lessons: own };
  const left = { ...context, lessons: own };
  return { ...left, opening: openingOf(left, null) };
}

export function summaryOf([, context]: KnownContext): GuidanceSummary {
  return {
    topic: context.topic,
    version: context.version,
    guided: guidedText(context, { customerMessage: "" }) !== null,
  };
}
