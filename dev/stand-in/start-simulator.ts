import { seeded } from "../lib/seeded.ts";
import { MODEL } from "./api.ts";
import type { SimulatorOptions } from "./provider/call.ts";
import { PROFILES, type ProfileName } from "./provider/profiles.ts";
import { Simulator } from "./provider/simulator.ts";
import { type StandIn, startStandIn } from "./server.ts";

/** Two runs of the same calls meet the same luck. */
const SEED = 11;

/** Starts the stand-in behind a provider's limits and refusals. @param port 0 (default): any free one */
export async function startSimulator(
  name: ProfileName,
  options: SimulatorOptions,
  port = 0,
): Promise<StandIn & { simulator: Simulator }> {
  const given = { clock: Date.now, chance: seeded(SEED) };
  const simulator = new Simulator(PROFILES[name], { models: [MODEL, `ft:${MODEL}`], ...options }, given);
  return { ...(await startStandIn({ port, simulator })), simulator };
}
