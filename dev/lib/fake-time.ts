/** Time that passes as fast as the work allows: for simulations of hours with thousands of sleepers. */
export interface FakeTime {
  clock: () => number;
  sleep: (ms: number) => Promise<void>;
  /** Lets time pass until the work is done. */
  run: (work: Promise<unknown>) => Promise<void>;
}

/** One step of the code under simulation may take this many turns of promises. */
const TURNS = 40;

interface Sleeper {
  at: number;
  order: number;
  wake: () => void;
}

export function fakeTime(start = 0): FakeTime {
  let now = start;
  let order = 0;
  const heap: Sleeper[] = [];
  const sooner = (a: Sleeper, b: Sleeper) => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(sleeper: Sleeper): void {
    let at = heap.push(sleeper) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !sooner(sleeper, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = sleeper;
  }

  function pop(): Sleeper | undefined {
    const [top] = heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && sooner(right, left)) child++;
      const best = heap[child];
      if (best === undefined || !sooner(best, last)) break;
      heap[at] = best;
      at = child;
    }
    heap[at] = last;
    return top;
  }

  return {
    clock: () => now,
    sleep: (ms) => new Promise((wake) => push({ at: now + Math.max(0, ms), order: order++, wake })),
    async run(work) {
      let done = false;
      const end = work.finally(() => {
        done = true;
      });
      end.catch(() => undefined);
      while (!done) {
        for (let turn = 0; turn < TURNS && !done; turn++) await null;
        if (done) break;
        const next = pop();
        if (next === undefined) throw new Error("Nobody sleeps, and the work is not done.");
        now = next.at;
        next.wake();
      }
      await end;
    },
  };
}
