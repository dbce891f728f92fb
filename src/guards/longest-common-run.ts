/** The longest run of items that stands in both lists: its length, and where it begins in the second list. */
export interface CommonRun {
  length: number;
  start: number;
}

/**
 * Finds the longest run of items that two lists share, in time linear in both lengths (a suffix automaton
 * of the first list, walked with the second): comparing every pair of positions would take seconds on long texts.
 */
export function longestCommonRun(source: readonly string[], text: readonly string[]): CommonRun {
  const best: CommonRun = { length: 0, start: 0 };
  if (source.length === 0 || text.length === 0) return best;
  const ids = new Map<string, number>();
  const automaton = new SuffixAutomaton(source.length);
  for (const item of source) {
    let id = ids.get(item);
    if (id === undefined) {
      id = ids.size;
      ids.set(item, id);
    }
    automaton.append(id);
  }

  let state = 0;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const id = ids.get(text[i] ?? "");
    if (id === undefined) {
      state = 0;
      length = 0;
      continue;
    }
    let next = automaton.step(state, id);
    while (next === undefined && state !== 0) {
      state = automaton.link(state);
      length = automaton.length(state);
      next = automaton.step(state, id);
    }
    if (next === undefined) continue;
    state = next;
    length++;
    if (length > best.length) {
      best.length = length;
      best.start = i - length + 1;
    }
  }
  return best;
}

/** Blumer et al. 1985: at most 2n states and 3n transitions for n items; built item by item. */
class SuffixAutomaton {
  readonly #lengths: Int32Array;
  readonly #links: Int32Array;
  readonly #steps: Map<number, number>[] = [new Map()];
  #last = 0;

  constructor(items: number) {
    this.#lengths = new Int32Array(2 * items + 1);
    this.#links = new Int32Array(2 * items + 1).fill(-1);
  }

  step(state: number, id: number): number | undefined {
    return this.#steps[state]?.get(id);
  }

  link(state: number): number {
    return Math.max(0, this.#links[state] ?? 0);
  }

  length(state: number): number {
    return this.#lengths[state] ?? 0;
  }

  append(id: number): void {
    const added = this.#addState(this.length(this.#last) + 1, new Map());
    let state = this.#last;
    while (state !== -1 && this.step(state, id) === undefined) {
      this.#steps[state]?.set(id, added);
      state = this.#links[state] ?? -1;
    }
    this.#last = added;
    if (state === -1) {
      this.#links[added] = 0;
      return;
    }
    const target = this.step(state, id) ?? 0;
    if (this.length(target) === this.length(state) + 1) {
      this.#links[added] = target;
      return;
    }
    const clone = this.#addState(this.length(state) + 1, new Map(this.#steps[target]));
    this.#links[clone] = this.#links[target] ?? 0;
    this.#links[target] = clone;
    this.#links[added] = clone;
    while (state !== -1 && this.step(state, id) === target) {
      this.#steps[state]?.set(id, clone);
      state = this.#links[state] ?? -1;
    }
  }

  #addState(length: number, steps: Map<number, number>): number {
    this.#steps.push(steps);
    const state = this.#steps.length - 1;
    this.#lengths[state] = length;
    return state;
  }
}
