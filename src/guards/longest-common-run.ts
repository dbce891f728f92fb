/** The longest run of items that stands in both lists: its length, and where it begins in the second list. */
interface CommonRun {
  length: number;
  start: number;
}

/**
 * Finds the longest run of items that two lists share, the first of them where several are as long. Runs get numbers,
 * equal runs the same: those of 2^k items from the numbers of their halves (Karp, Miller and Rosenberg 1972). So a run
 * of any length is two numbers, and the length is found by halving: n log n, where comparing every pair of positions
 * would take seconds on long texts.
 */
export function longestCommonRun(source: readonly string[], text: readonly string[]): CommonRun {
  const items = [...source, ...text];
  const most = Math.min(source.length, text.length);
  const levels = [numbered(items)];

  /** Where the first run of this length begins that the source has too; -1: there is none. */
  const firstShared = (length: number): number => {
    const level = 31 - Math.clz32(length);
    const numbers = levels[level] ?? [];
    const key = (at: number) => (numbers[at] ?? 0) * items.length + (numbers[at + length - (1 << level)] ?? 0);
    const known = new Set<number>();
    for (let at = 0; at + length <= source.length; at++) known.add(key(at));
    for (let at = source.length; at + length <= items.length; at++) if (known.has(key(at))) return at - source.length;
    return -1;
  };
  const best: CommonRun = { length: 0, start: 0 };
  const isShared = (length: number): boolean => {
    const start = firstShared(length);
    if (start >= 0) Object.assign(best, { length, start });
    return start >= 0;
  };
  // First by doubling, which for texts that share little is over soon; then by halving.
  let size = 1;
  for (; size <= most && isShared(size); size *= 2) levels.push(doubled(levels.at(-1) ?? [], size));
  for (let tooLong = Math.min(size, most + 1); tooLong - best.length > 1; ) {
    const length = (best.length + tooLong) >> 1;
    if (!isShared(length)) tooLong = length;
  }
  return best;
}

/** Numbers of runs twice as long, from those of runs of `size` items. */
function doubled(numbers: readonly number[], size: number): number[] {
  const halves = numbers.slice(0, -size).map((number, at) => number * numbers.length + (numbers[at + size] ?? 0));
  return numbered(halves);
}

/** Each value by the place in which it was first met. */
function numbered<T>(values: readonly T[]): number[] {
  const numbers = new Map<T, number>();
  return values.map((value) => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
}
