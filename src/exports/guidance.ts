import type { Context } from "../clusters/context/context.ts";
import { readContext } from "../clusters/context/read-context.ts";
import { guidedText } from "../prompts/guided-system-text.ts";
import type { Services } from "../services.ts";

type Reading = Pick<Services, "clusters">;

/** A cluster by its id, and what was known of it when a file was written. */
export type KnownContext = [clusterId: string, context: Context];

/** What the manifest says of it. */
export interface GuidanceSummary {
  topic: string | null;
  version: number;
  guided: boolean;
}

/**
 * The system texts that `/v1/prompts` would have served. The failure category is left out of them: nobody knows it
 * before the reply. Each cluster is asked once in an export, and what it said is kept in the checkpoints, so that all
 * its lines come from one version, those after a crash too.
 */
export class GuidanceTexts {
  readonly #services: Reading;
  readonly #known: Map<string, Context>;
  #added: KnownContext[] = [];

  constructor(services: Reading, known: KnownContext[]) {
    this.#services = services;
    this.#known = new Map(known);
  }

  /** @throws Error when the cluster cannot be asked: a file must not silently go without */
  async of(clusterId: string | null, customerMessage: string): Promise<string | null> {
    if (clusterId === null) return null;
    return guidedText(this.#known.get(clusterId) ?? (await this.#ask(clusterId)), { customerMessage });
  }

  async #ask(clusterId: string): Promise<Context> {
    // Never the isolate's copy: it may be from before an erasure, and a file would keep what was erased.
    const own = await readContext(this.#services, { cluster_id: clusterId });
    const { merged_into } = own;
    const context = merged_into === null ? own : await readContext(this.#services, { cluster_id: merged_into });
    // Examples hold customers' texts, and no export needs them.
    const kept = { ...context, examples: [] };
    this.#known.set(clusterId, kept);
    this.#added.push([clusterId, kept]);
    return kept;
  }

  /** What came in since this was last asked. */
  takeAdded(): KnownContext[] {
    return this.#added.splice(0);
  }
}

export function summaryOf([, context]: KnownContext): GuidanceSummary {
  return {
    topic: context.topic,
    version: context.version,
    guided: guidedText(context, { customerMessage: "" }) !== null,
  };
}
