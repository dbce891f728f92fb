import { z } from "zod";
import { JOB_KINDS, type JobKind } from "../db/schema/jobs.ts";
import type { Services } from "../services.ts";

/** A wake-up call for one piece of long work: the consumer reads the row, and skips what is done or held. */
export const jobMessage = z.object({ job: z.enum(JOB_KINDS), id: z.string().min(1).max(100) });
export type JobMessage = z.infer<typeof jobMessage>;

/** A job that a worker holds. */
export interface Held {
  kind: JobKind;
  subject: string;
  claim: string;
  /** Claims since it last made progress, this one included. */
  tries: number;
  asked: number;
}

/** How one run of a job ended. */
export type JobEnd =
  | { end: "done" }
  /** It made progress, and goes on at that time (milliseconds). */
  | { end: "again"; at: number }
  /** It cannot run before that time, through no fault of its own; this costs no try. */
  | { end: "wait"; at: number }
  /** It got nowhere, in a way that may pass; the reason may be shown. */
  | { end: "stuck"; reason: string };

export const DONE: JobEnd = { end: "done" };

export interface Job {
  /** Takes it one piece further. Safe to repeat: a worker may die anywhere. What it throws counts as stuck. */
  run(services: Services, held: Held): Promise<JobEnd>;
  /** Tries without progress before it is given up; the wait doubles from one to the next. */
  mostTries: number;
  /** After the last of them. @param reason may be shown */
  giveUp?(services: Services, subject: string, reason: string): Promise<void>;
  /** Every minute: asks for what is due by rules of its own, and tidies up. */
  sweep?(services: Services): Promise<unknown>;
}

export type JobTable = Record<JobKind, Job>;
