import type { Config } from "../../config.ts";
import { describeError } from "../../lib/errors.ts";
import { log } from "../../lib/log.ts";
import { sha256Hex } from "../../lib/text.ts";
import type { Clock } from "../../lib/time.ts";
import type { Model } from "../model.ts";
import type { Exchange, LaneStatus, WaitsFor } from "./pace.ts";
import type { Pace } from "./pace-object.ts";
import { paceModel } from "./paced-model.ts";

/** Where a model answers. */
export interface Provider {
  baseUrl: string;
  apiKey: string;
}

export interface Pacing {
  /**
   * What a person waits for goes before everything else. Nothing does today: corrections, controls, comparisons, lessons
   * and names are background work, and chats go to the provider past the pace.
   */
  for?: WaitsFor;
  /** After a no, what still waits is put back with the time of its turn. */
  mayBegin?: () => boolean;
}

/** The same model for one invocation, at the pace that the whole deployment shares. */
export type Pacer = (model: Model, provider: Provider, pacing?: Pacing) => Model;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Paces each model of a provider by its own lane: providers count calls for each key and model. */
export function createPacer(pace: DurableObjectNamespace<Pace>, clock: Clock, config: Config): Pacer {
  const set = { requests: config.MODEL_REQUESTS_PER_MINUTE, tokens: config.MODEL_TOKENS_PER_MINUTE };
  return (model, provider, pacing = {}) => {
    const lanes = new Map<string, Promise<Model>>();
    const open = async (name: string) => {
      const id = pace.idFromName(await laneName(provider, name));
      // A stub may stay broken once a call through it has failed: a new one each time.
      const lane = { exchange: (said: Exchange) => pace.get(id).exchange(said) };
      return paceModel(model, { lane, clock, sleep, set, ...pacing });
    };
    return {
      async complete(request) {
        const paced = lanes.get(request.model) ?? open(request.model);
        lanes.set(request.model, paced);
        return (await paced).complete(request);
      },
    };
  };
}

/** The pace of a model at the provider of corrections; null where it cannot be asked. */
export type ReadLane = (model: string) => Promise<LaneStatus | null>;

/** Reads the pace for pages and the API, which do without it rather than fail. */
export function createReadLane(pace: DurableObjectNamespace<Pace>, config: Config): ReadLane {
  const provider = { baseUrl: config.OPENAI_BASE_URL, apiKey: config.OPENAI_API_KEY };
  return async (model) => {
    const lane = pace.get(pace.idFromName(await laneName(provider, model)));
    const answer = await lane.status().catch((error) => ({ error: describeError(error) }));
    if ("status" in answer) return answer.status;
    log.warn("pace_not_reached", {}, new Error(answer.error));
    return null;
  };
}

/** Names address, key and model without telling the key. */
export function laneName({ baseUrl, apiKey }: Provider, model: string): Promise<string> {
  return sha256Hex(JSON.stringify([baseUrl, apiKey, model]));
}
