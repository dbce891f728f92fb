import { describeError } from "../lib/errors.ts";

/** Lets work go on after the answer (`ctx.waitUntil`). */
export type Behind = (work: Promise<unknown>) => void;

/** A refresh that never came back (its request was cut off) is tried again after this long; in milliseconds. */
const REFRESH_AGAIN_MS = 5_000;

/**
 * Copies that an isolate keeps for a short while. A copy past its life still answers, at once, and is refreshed
 * behind that answer. Loads are not shared between requests: a request may not wait for another one's I/O.
 */
export class LiveCache<T> {
  readonly #entries = new Map<string, { value: T; freshUntil: number }>();
  readonly #lifeMs: number;
  readonly #mostEntries: number;

  constructor(lifeMs: number, mostEntries: number) {
    this.#lifeMs = lifeMs;
    this.#mostEntries = mostEntries;
  }

  /** The copy where there is one, or what `load` brings. `load` gets the copy that it is to replace. */
  get(key: string, now: number, load: (old?: T) => Promise<T>, behind: Behind): T | Promise<T> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#load(key, now, load);
    if (now >= entry.freshUntil) {
      entry.freshUntil = now + REFRESH_AGAIN_MS;
      behind(
        this.#load(key, now, () => load(entry.value)).catch((error) =>
          console.warn(JSON.stringify({ event: "copy_not_refreshed", key, error: describeError(error) })),
        ),
      );
    }
    return entry.value;
  }

  /** The next request loads it anew. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  async #load(key: string, now: number, load: () => Promise<T>): Promise<T> {
    const value = await load();
    this.#entries.delete(key);
    // The oldest goes first: maps keep their order of insertion.
    const [oldest] = this.#entries.size >= this.#mostEntries ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, { value, freshUntil: now + this.#lifeMs });
    return value;
  }
}
