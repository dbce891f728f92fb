import { DurableObject } from "cloudflare:workers";
import { describeError } from "../../lib/errors.ts";
import { log } from "../../lib/log.ts";
import { type Clock, SECOND } from "../../lib/time.ts";
import { expireLeases, type KeptLane, keepLane, type Lane, newLane } from "./lane.ts";
import { type Acquired, type Exchange, exchange, type LaneStatus, statusOf } from "./pace.ts";

/** The runtime makes the object, so its clock is not passed in. */
const clock: Clock = Date.now;

/** What was learned is written at most this often; what an eviction loses is learned again within as long. */
const WRITE_EVERY_MS = 30 * SECOND;

/** A pause this long is written at once: it must outlive the object. */
const LONG_PAUSE_MS = 10 * SECOND;

/**
 * The lane of one provider address, key and model, which all consumers share. In memory; what was learned is kept in
 * the object's storage. Methods answer with result objects, because a rejected RPC call leaks an unhandled rejection.
 */
export class Pace extends DurableObject<Cloudflare.Env> {
  #lane: Lane | undefined;
  #writtenAt = 0;
  #written: KeptLane | undefined;

  /** Takes in how calls ended, and says when others may begin. */
  async exchange(said: Exchange): Promise<{ acquired: Acquired | null } | { error: string }> {
    try {
      const lane = await this.#open();
      const acquired = exchange(lane, clock(), said, Math.random);
      this.#keep(lane);
      return { acquired };
    } catch (error) {
      log.error("pace_fault", {}, error);
      return { error: describeError(error) };
    }
  }

  /** The pace, for pages and the API. */
  async status(): Promise<{ status: LaneStatus } | { error: string }> {
    try {
      return { status: statusOf(await this.#open(), clock()) };
    } catch (error) {
      return { error: describeError(error) };
    }
  }

  async #open(): Promise<Lane> {
    if (this.#lane !== undefined) return this.#lane;
    this.#written = await this.ctx.storage.get<KeptLane>("lane");
    // Another call may have opened it meanwhile.
    this.#lane ??= newLane(clock(), this.#written ?? null);
    return this.#lane;
  }

  /** Not waited for: the runtime holds back the answer until it is written, and a lost write costs little. */
  #keep(lane: Lane): void {
    const now = clock();
    const paused = lane.pausedUntil > now + LONG_PAUSE_MS && this.#written?.pausedUntil !== lane.pausedUntil;
    if (!paused && now - this.#writtenAt < WRITE_EVERY_MS) return;
    expireLeases(lane, now);
    this.#writtenAt = now;
    const kept = keepLane(lane);
    if (JSON.stringify(kept) === JSON.stringify(this.#written)) return;
    this.#written = structuredClone(kept);
    this.ctx.waitUntil(this.ctx.storage.put("lane", kept));
  }
}
