import type { SQL } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { withdrawals } from "../db/schema/withdrawals.ts";
import type { Services } from "../services.ts";

export type Withdrawing = Pick<Services, "db" | "bucket" | "clock" | "newId" | "clusters" | "jobs">;

export type Withdrawal = typeof withdrawals.$inferSelect;

/** One piece of a step. Its statements and how far it came are committed together, and only once. */
export interface Piece {
  /** Where the step goes on; null: it is over. */
  next: string | null;
  statements?: BatchItem<"sqlite">[];
  /** What else of the withdrawal's row changes. */
  set?: { [K in keyof Withdrawal]?: Withdrawal[K] | SQL };
}

/** @param isCurrent SQL: nobody has done this piece yet. For each statement's condition */
export type Step = (services: Withdrawing, row: Withdrawal, isCurrent: SQL) => Promise<Piece>;
