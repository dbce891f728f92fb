import type { AppContext, Note } from "./app-env.ts";

/** Adds to the audit log's entry of this request what its address does not say. */
export function note(c: AppContext, more: Note): void {
  c.set("note", { ...c.var.note, ...more });
}
