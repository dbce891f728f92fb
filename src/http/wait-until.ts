import type { WaitUntil } from "../lib/wait-until.ts";
import type { AppContext } from "./app-env.ts";

/** Lets work go on after the answer. Such work handles its own errors. */
export function waitUntilOf(c: AppContext): WaitUntil {
  return (work) => {
    try {
      c.executionCtx.waitUntil(work);
    } catch {
      // Called without an execution context (as a function, in a test): the work goes on by itself.
    }
  };
}
