import type { lessons } from "../../db/schema/clusters.ts";
import { LESSON_SLOTS } from "../../experiments/prompt-id.ts";
import { hasStanding, isServed } from "../context/served-lessons.ts";

export type StoredLesson = typeof lessons.$inferSelect;

/** By whom a lesson is borne out: see the table's columns. */
export type Backing = Pick<StoredLesson, "evidence" | "witnesses" | "heard">;

/** The backing of a lesson that a person writes. */
export const NO_BACKING: Backing = { evidence: [], witnesses: [], heard: [] };

export type LessonChange =
  | ({ op: "add"; failure_category: string | null; text: string; pinned?: boolean } & Backing)
  | ({
      op: "sharpen";
      lesson: StoredLesson;
      failure_category?: string | null;
      text: string;
      pinned?: boolean;
    } & Backing)
  /** More failures bear out a lesson that waits. */
  | ({ op: "support"; lesson: StoredLesson } & Backing)
  | { op: "approve"; lesson: StoredLesson; approvedBy: string }
  | { op: "retire"; lesson: StoredLesson };

/** Failures named per lesson: enough to look at, few enough to keep in a row. */
const MOST_EVIDENCE = 50;

/** Lessons of a cluster that wait; the oldest gives way, so that nobody can fill the list. */
const MOST_WAITING = 12;

type Draft = Omit<StoredLesson, "id" | "clusterId" | "createdAt" | "retiredAt">;

export interface Plan {
  retired: string[];
  added: Draft[];
}

/**
 * What changes mean for a cluster's lessons. A lesson is never rewritten, so each change retires a row and adds one; a
 * lesson that begins to be served is a row of its own too, because its outcomes count from its id on. One without
 * standing (`hasStanding`) is added without a place: it waits, and what it is to replace stays. What does not fit into
 * the places is left out or waits.
 */
export function planChanges(
  current: readonly StoredLesson[],
  changes: readonly LessonChange[],
  source: "model" | "person",
  needApproval: boolean,
): Plan {
  const retired = new Set<string>();
  const added: Draft[] = [];
  const stays = ({ id }: { id: string }) => !retired.has(id);
  const retire = (lesson: StoredLesson) => retired.add(lesson.id);

  for (const change of changes) if (change.op === "retire") retire(change.lesson);
  const place = (draft: Draft, instead: StoredLesson | undefined): Draft => {
    if (instead !== undefined && instead.slot !== null) {
      retire(instead);
      return { ...draft, slot: instead.slot };
    }
    return { ...draft, slot: freeSlot() };
  };
  const freeSlot = (): number | null => {
    const taken = new Set([...current.filter(stays), ...added].map(({ slot }) => slot));
    for (let slot = 0; slot < LESSON_SLOTS; slot++) if (!taken.has(slot)) return slot;
    // One that has lost its standing, since a failure was erased or the setting changed, gives its place up.
    const idle = current.find((lesson) => stays(lesson) && lesson.slot !== null && !isServed(lesson, needApproval));
    if (idle === undefined) return null;
    retire(idle);
    added.push({ ...idle, slot: null });
    return idle.slot;
  };

  for (const change of changes) {
    if (change.op === "retire") continue;
    const old = change.op === "add" ? undefined : change.lesson;
    const draft = draftOf(change, source);
    const replaced = current.find(({ id, slot }) => slot !== null && (id === old?.id || id === old?.replaces));
    const instead = replaced !== undefined && stays(replaced) ? replaced : undefined;
    const next = hasStanding(draft, needApproval) ? place(draft, instead) : draft;
    if (next.slot === null && source === "person") continue;
    // A lesson that waits gives way to what it has become; one that is served only to what may be served.
    if (old !== undefined && !isServed(old, needApproval)) retire(old);
    added.push(next);
  }
  const waiting = current.filter((lesson) => stays(lesson) && lesson.slot === null);
  const tooMany = waiting.length + added.filter(({ slot }) => slot === null).length - MOST_WAITING;
  for (const lesson of waiting.toSorted((a, b) => (a.id < b.id ? -1 : 1)).slice(0, Math.max(0, tooMany)))
    retire(lesson);
  return { retired: [...retired], added };
}

function draftOf(change: Exclude<LessonChange, { op: "retire" }>, source: "model" | "person"): Draft {
  const fresh = { slot: null, source, approvedBy: null, pinned: false };
  switch (change.op) {
    case "add": {
      const { failure_category, text, pinned = false, witnesses, heard } = change;
      const evidence = mostRecent(change.evidence);
      return { ...fresh, failureCategory: failure_category, text, pinned, evidence, witnesses, heard, replaces: null };
    }
    case "sharpen": {
      const { lesson, failure_category, text, pinned = lesson.pinned, witnesses, heard } = change;
      const failureCategory = failure_category === undefined ? lesson.failureCategory : failure_category;
      const replaces = lesson.slot === null ? (lesson.replaces ?? lesson.id) : lesson.id;
      // Its text comes from the old one's failures as well; only the new ones bear it out.
      const evidence = mostRecent([...lesson.evidence, ...change.evidence]);
      return { ...fresh, failureCategory, text, pinned, evidence, witnesses, heard, replaces };
    }
    case "support": {
      const { lesson } = change;
      const backing = {
        evidence: mostRecent([...lesson.evidence, ...change.evidence]),
        witnesses: [...lesson.witnesses, ...change.witnesses],
        heard: [...lesson.heard, ...change.heard],
      };
      return { ...lesson, slot: null, ...backing, replaces: lesson.replaces ?? lesson.id };
    }
    case "approve": {
      const { lesson, approvedBy } = change;
      return { ...lesson, slot: null, approvedBy, replaces: lesson.replaces ?? lesson.id };
    }
  }
}

function mostRecent(evidence: string[]): string[] {
  return [...new Set(evidence)].slice(-MOST_EVIDENCE);
}
