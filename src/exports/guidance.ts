import { guidanceText } from "../clusters/guidance-text.ts";
import { readContext } from "../clusters/read-context.ts";
import type { Services } from "../services.ts";

/** What prompts of a cluster said when a file was written. */
export interface ClusterGuidance {
  topic: string | null;
  version: number;
  text: string | null;
}

/**
 * The system text that `/v1/prompts` would have served a message of a cluster. The failure category is left out of
 * it: nobody knows it before the reply. Each cluster is asked once in an export, so that all its lines say the same.
 */
export class GuidanceTexts {
  readonly #services: Pick<Services, "clusters">;
  readonly #known: Map<string, ClusterGuidance>;
  #added: [string, ClusterGuidance][] = [];

  constructor(services: Pick<Services, "clusters">, known: [string, ClusterGuidance][]) {
    this.#services = services;
    this.#known = new Map(known);
  }

  async of(clusterId: string | null): Promise<string | null> {
    if (clusterId === null) return null;
    const known = this.#known.get(clusterId);
    if (known !== undefined) return known.text;
    const context = await readContext(this.#services, { cluster_id: clusterId });
    const guidance = { topic: context.topic, version: context.version, text: guidanceText(context) };
    this.#known.set(clusterId, guidance);
    this.#added.push([clusterId, guidance]);
    return guidance.text;
  }

  /** What came in since this was last asked. */
  takeAdded(): [string, ClusterGuidance][] {
    const added = this.#added;
    this.#added = [];
    return added;
  }
}
