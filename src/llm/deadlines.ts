import { type Clock, SECOND } from "../lib/time.ts";

/** How long a model call may take, in milliseconds, and how large its answer may be, in bytes. */
export interface Deadlines {
  headersMs: number;
  betweenChunksMs: number;
  totalMs: number;
  maxBytes: number;
}

/** A reasoning model may think for a minute before it answers; a queue consumer has 15 minutes for a whole batch. */
export const DEADLINES: Deadlines = {
  headersMs: 90 * SECOND,
  betweenChunksMs: 30 * SECOND,
  totalMs: 120 * SECOND,
  // Many times the tokens that are asked for, and half of what a row of D1 takes.
  maxBytes: 1024 * 1024,
};

export class DeadlineError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DeadlineError";
  }
}

export class AnswerTooLargeError extends Error {
  constructor(maxBytes: number) {
    super(`the answer is larger than ${maxBytes} bytes`);
    this.name = "AnswerTooLargeError";
  }
}

/**
 * A `fetch` that gives up: when no headers come, when the body pauses too long, when the whole takes too long
 * or grows too large. A time-out that ends with the headers would let a slow drip hold a call for ever.
 */
export function fetchWithDeadlines(deadlines: Deadlines, clock: Clock, fetchFn: typeof fetch = fetch): typeof fetch {
  return async (input, init) => {
    const end = clock() + deadlines.totalMs;
    const abort = new AbortController();
    const signal = init?.signal ? AbortSignal.any([init.signal, abort.signal]) : abort.signal;
    const response = await within(
      fetchFn(input as RequestInfo, { ...init, redirect: "manual", signal } as RequestInit),
      deadlines.headersMs,
      "no answer began",
      abort,
    );
    if (response.body === null) return response;
    const reader = response.body.getReader();
    let bytes = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const wait = Math.max(0, Math.min(deadlines.betweenChunksMs, end - clock()));
        const { done, value } = await within(reader.read(), wait, "the answer stopped coming", abort);
        if (done) return controller.close();
        bytes += value.byteLength;
        if (bytes > deadlines.maxBytes) {
          abort.abort();
          throw new AnswerTooLargeError(deadlines.maxBytes);
        }
        controller.enqueue(value);
      },
      cancel(reason) {
        return reader.cancel(reason);
      },
    });
    return new Response(body, { status: response.status, statusText: response.statusText, headers: response.headers });
  };
}

async function within<T>(work: Promise<T>, ms: number, what: string, abort: AbortController): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineError(`${what} within ${Math.round(ms / SECOND)} s`));
      abort.abort();
    }, ms);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
