import { Misuse } from "../../lib/arguments.ts";
import type { SimulatorOptions } from "./call.ts";
import { WINDOWS } from "./meter.ts";
import { REFUSALS } from "./profile.ts";
import { isProfileName, PROFILES, type ProfileName } from "./profiles.ts";

/** The provider's part of the command line, for `parseArgs`. */
export const PROVIDER_OPTIONS = {
  profile: { type: "string" },
  rpm: { type: "string" },
  tpm: { type: "string" },
  window: { type: "string" },
  concurrency: { type: "string" },
  latency: { type: "string" },
  spread: { type: "string" },
  refuse: { type: "string" },
  fault: { type: "string", multiple: true },
  outage: { type: "string", multiple: true },
  rpd: { type: "string" },
  "money-for": { type: "string" },
  key: { type: "string" },
  context: { type: "string" },
} as const;

const NAMES = Object.entries(PROFILES)
  .map(([name, { title }]) => `    ${name.padEnd(14)}${title}`)
  .join("\n");

export const PROVIDER_HELP = `With --profile it answers as a provider does that has limits and refuses. Profiles:
${NAMES}

  --rpm N, --tpm N   requests and tokens a minute (default: none, or what the provider publishes)
  --window W         how they are enforced: minute, second or bucket (default: as the provider does)
  --concurrency N    calls at once; more are refused, or wait where the provider lets them
  --latency MS       median time of a call; its spread is lognormal, --spread 0.5 by default
  --refuse SHARE     of customer messages that moderation refuses, the same ones every time
  --fault KIND=SHARE of calls that end so by chance; may be repeated
  --outage FROM-TO   seconds after the first call in which the provider is overloaded; may be repeated
  --rpd N            requests a day
  --money-for N      completions until the account is empty
  --key KEY          the only key that opens it
  --context N        the longest prompt in tokens

  "[simulate: KIND]" in a message brings on a refusal. Kinds: ${REFUSALS.join(", ")}.
  GET /simulator/stats counts; POST /simulator/reset forgets; POST /simulator/limits {"rpm": N, "tpm": N} changes them.`;

type Given = Record<string, string | string[] | boolean | undefined>;

/** The provider to play and how; null where no profile is named. @throws Misuse that says what is wrong */
export function readProvider(given: Given): { name: ProfileName; options: SimulatorOptions } | null {
  const { profile, window, key } = given;
  if (profile === undefined) {
    const stray = Object.keys(PROVIDER_OPTIONS).find((name) => given[name] !== undefined);
    if (stray !== undefined) throw new Misuse(`--${stray} needs a --profile`);
    return null;
  }
  if (typeof profile !== "string" || !isProfileName(profile))
    throw new Misuse(`there is no profile ${String(profile)}: ${Object.keys(PROFILES).join(", ")}`);
  const how = WINDOWS.find((known) => known === window);
  if (window !== undefined && how === undefined) throw new Misuse(`--window is ${WINDOWS.join(", ")}`);
  const number = (name: keyof typeof PROVIDER_OPTIONS) => numberOf(name, given[name]);
  const options: SimulatorOptions = {
    ...{ rpm: number("rpm"), tpm: number("tpm"), window: how, concurrency: number("concurrency") },
    ...{ latencyMs: number("latency"), spread: number("spread"), refuse: number("refuse") },
    ...{ requestsPerDay: number("rpd"), moneyFor: number("money-for"), context: number("context") },
    ...{ key: typeof key === "string" ? key : undefined, faults: readFaults(listOf(given.fault)) },
    outages: listOf(given.outage).map(readOutage),
  };
  return { name: profile, options };
}

function numberOf(name: string, text: unknown): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text === "" || !(value >= 0)) throw new Misuse(`--${name} is a number`);
  return value;
}

function listOf(given: Given[string]): string[] {
  return Array.isArray(given) ? given : [];
}

function readFaults(given: string[]): SimulatorOptions["faults"] {
  const pairs = given.map((text) => {
    const [name, share = ""] = text.split("=");
    const kind = REFUSALS.find((known) => known === name);
    if (kind === undefined) throw new Misuse(`--fault: there is no ${name}: ${REFUSALS.join(", ")}`);
    return [kind, numberOf("fault", share)] as const;
  });
  return Object.fromEntries(pairs);
}

function readOutage(text: string): [number, number] {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new Misuse("--outage is FROM-TO, in seconds");
  return [Number(from) * 1000, Number(to) * 1000];
}
