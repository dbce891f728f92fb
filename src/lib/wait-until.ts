/** Lets work go on after the answer, as `ctx.waitUntil` does. Such work handles its own errors. */
export type WaitUntil = (work: Promise<unknown>) => void;
