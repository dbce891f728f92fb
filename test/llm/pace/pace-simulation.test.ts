import { describe, expect, it } from "vitest";
import { providersToPace } from "../../../dev/lib/pace-providers.ts";
import { type Figures, simulatePace } from "../../../dev/lib/pace-simulation.ts";

// A multiple of 60, so that a limit a second is the same limit.
const PER_MINUTE = 1_200;

function simulate(name: string, failures: number, consumers: number) {
  const provider = providersToPace(failures, PER_MINUTE)[name];
  if (provider === undefined) throw new Error(`no provider ${name}`);
  return simulatePace({ consumers, failures, provider, poisoned: 0.01 });
}

describe("corrections at a provider's limit", () => {
  // Start and end of a run take half a minute each; where nothing is said, finding the limit takes a minute or two.
  it.each([
    ["bucket, headers", 2_000, 1.15],
    ["minute, headers", 2_000, 1.15],
    ["minute, headers, limit moves, outages", 2_000, 1.15],
    ["minute, retry-after alone", 2_000, 1.15],
    ["minute, nothing said", 2_000, 1.15],
    ["bucket, nothing said", 2_000, 1.15],
    ["second, headers", 6_000, 1.15],
    ["bucket, nothing said, limit moves, outages", 6_000, 1.15],
  ])("lose nothing, pay nothing twice and are hardly refused: %s, %i failures", async (name, failures, overIdeal) => {
    expectGood(await simulate(name, failures, 25), overIdeal);
  });

  it("lose up to a third of the pace where limits are counted by the second and never stated", async () => {
    expectGood(await simulate("second, nothing said", 6_000, 25), 1.33);
    expectGood(await simulate("second, nothing said, limit moves, outages", 6_000, 25), 1.33);
  });
});

function expectGood(figures: Figures, overIdeal: number): void {
  expect(figures).toMatchObject({ failed: 0, lost: 0 });
  expect(figures.overLeast).toBeLessThanOrEqual(1.02);
  expect(figures.refused).toBeLessThanOrEqual(0.03);
  expect(figures.overIdeal).toBeLessThanOrEqual(overIdeal);
  expect(figures.overtaken).toBeLessThan(5);
  expect(figures.busiestSecond).toBeLessThan(400);
}
