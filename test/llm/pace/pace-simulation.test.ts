import { describe, expect, it } from "vitest";
import { providersToPace } from "../../../dev/lib/pace-providers.ts";
import { simulatePace } from "../../../dev/lib/pace-simulation.ts";

const FAILURES = 2_000;
const providers = providersToPace(FAILURES, 1_000);

function simulate(name: string) {
  const provider = providers[name];
  if (provider === undefined) throw new Error(`no provider ${name}`);
  return simulatePace({ consumers: 25, failures: FAILURES, provider, poisoned: 0.01 });
}

describe("25 consumers and 2,000 failures", () => {
  // Start and end of so short a run cost some seconds; where nothing is said, finding the limit costs a minute or two.
  it.each([
    ["bucket, headers", 1.15],
    ["minute, headers", 1.15],
    ["second, headers", 1.15],
    ["minute, headers, limit moves, outages", 1.15],
    ["minute, retry-after alone", 1.15],
    ["bucket, nothing said", 1.15],
    ["second, nothing said", 1.3],
  ])("lose nothing, pay nothing twice and are hardly refused: %s", async (name, overIdeal) => {
    const figures = await simulate(name);
    expect(figures).toMatchObject({ failed: 0, lost: 0 });
    expect(figures.overLeast).toBeLessThanOrEqual(1.02);
    expect(figures.refused).toBeLessThanOrEqual(0.03);
    expect(figures.overIdeal).toBeLessThanOrEqual(overIdeal);
    expect(figures.overtaken).toBeLessThan(3);
    expect(figures.busiestSecond).toBeLessThan(400);
  });
});
