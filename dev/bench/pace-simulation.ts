/**
 * Corrections through the real pacing code against simulated providers, in fake time:
 * `npm run bench -- pace-simulation [failures] [consumers] [provider]`.
 */
import { providersToPace } from "../lib/pace-providers.ts";
import { simulatePace } from "../lib/pace-simulation.ts";

const POISONED = 0.01;

const HEAD = [
  ...["provider", "minutes", "over ideal", "refused", "over least", "failed", "lost", "overtaken", "put back"],
  ...["RPCs/s", "most RPCs in 1 s"],
];
/** The longest name of a provider. */
const FIRST_COLUMN = 42;

/** @param args how many failures, how many consumers, and which provider alone */
export async function benchPaceSimulation(args: string[]): Promise<void> {
  const [failures = 100_000, consumers = 250] = args.slice(0, 2).map(Number);
  const only = args[2];
  console.log(`${failures} failures of 5 calls, ${consumers} consumers, ${100 * POISONED}% refused by moderation`);
  const all = Object.entries(providersToPace(failures)).filter(([name]) => only === undefined || name.includes(only));
  const widths = HEAD.map(({ length }, column) => (column === 0 ? FIRST_COLUMN : length));
  const print = (cells: string[]) => console.log(cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  "));
  print(HEAD);
  for (const [name, provider] of all) {
    const figures = await simulatePace({ consumers, failures, provider, poisoned: POISONED });
    print([
      name,
      figures.minutes.toFixed(0),
      figures.overIdeal.toFixed(3),
      `${(100 * figures.refused).toFixed(2)}%`,
      figures.overLeast.toFixed(4),
      String(figures.failed),
      String(figures.lost),
      `${figures.overtaken.toFixed(1)} min`,
      String(figures.putBack),
      figures.rpcsPerSecond.toFixed(0),
      String(figures.busiestSecond),
    ]);
  }
}

if (import.meta.main) await benchPaceSimulation(process.argv.slice(2));
