import { log } from "./log.ts";
import { MINUTE } from "./time.ts";
import type { WaitUntil } from "./wait-until.ts";

/** A refresh that never came back (its request was cut off) is tried again after this long; in milliseconds. */
const REFRESH_AGAIN_MS = 5_000;

/**
 * Past its life by more than this, a copy is reloaded before it answers: what was erased must not come back from
 * an isolate that was idle. Where that fails, the copy still answers.
 */
const LONGEST_PAST_MS = MINUTE;

interface Entry<T> {
  value: T;
  loadedAt: number;
  freshUntil: number;
}

/**
 * Copies that an isolate keeps for a short while. A copy past its life still answers, at once, and is refreshed
 * behind that answer. Loads are not shared between requests: a request may not wait for another one's I/O.
 */
class RenewingCache<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #lifeMs: number;
  readonly #mostEntries: number;

  constructor(lifeMs: number, mostEntries: number) {
    this.#lifeMs = lifeMs;
    this.#mostEntries = mostEntries;
  }

  /** The copy where there is one, or what `load` brings. `load` gets the copy that it is to replace. */
  get(key: string, now: number, load: (old?: T) => Promise<T>, waitUntil: WaitUntil): T | Promise<T> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return this.#load(key, now, load);
    if (now >= entry.loadedAt + this.#lifeMs + LONGEST_PAST_MS) return this.#renew(key, now, load, entry);
    if (now >= entry.freshUntil) {
      entry.freshUntil = now + REFRESH_AGAIN_MS;
      waitUntil(this.#renew(key, now, load, entry));
    }
    return entry.value;
  }

  /** The next request loads it again. */
  drop(key: string): void {
    this.#entries.delete(key);
  }

  async #renew(key: string, now: number, load: (old?: T) => Promise<T>, entry: Entry<T>): Promise<T> {
    try {
      return await this.#load(key, now, () => load(entry.value));
    } catch (error) {
      // Not every request is to wait for what is down.
      entry.loadedAt = now - this.#lifeMs;
      entry.freshUntil = now + REFRESH_AGAIN_MS;
      log.warn("copy_not_refreshed", { key }, error);
      return entry.value;
    }
  }

  async #load(key: string, now: number, load: () => Promise<T>): Promise<T> {
    const value = await load();
    this.#entries.delete(key);
    // The oldest goes first: maps keep their order of insertion.
    const [oldest] = this.#entries.size >= this.#mostEntries ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, { value, loadedAt: now, freshUntil: now + this.#lifeMs });
    return value;
  }
}

/**
 * A cache for each owner, made when it is first asked for. The owner of what an isolate keeps is the database, because
 * the services of one isolate are made once.
 */
export function cachePer<T>(lifeMs: number, mostEntries: number): (owner: WeakKey) => RenewingCache<T> {
  const caches = new WeakMap<WeakKey, RenewingCache<T>>();
  return (owner) => {
    const cache = caches.get(owner) ?? new RenewingCache<T>(lifeMs, mostEntries);
    caches.set(owner, cache);
    return cache;
  };
}
