import { describe, expect, it } from "vitest";
import { seeded } from "../../dev/lib/seeded.ts";
import { correctOnce } from "../../dev/provider-check/correction-cost.ts";
import { findOut } from "../../dev/provider-check/find-out.ts";
import { createStandIn } from "../../dev/stand-in/app.ts";
import type { SimulatorOptions } from "../../dev/stand-in/provider/call.ts";
import { PROFILES, type ProfileName } from "../../dev/stand-in/provider/profiles.ts";
import { Simulator } from "../../dev/stand-in/provider/simulator.ts";

/** A provider inside the tests' runtime, where no server can listen. */
function placeOf(name: ProfileName, options: SimulatorOptions = {}) {
  const given = { clock: Date.now, chance: seeded(1) };
  const simulator = new Simulator(PROFILES[name], { models: ["stand-in"], ...options }, given);
  const app = createStandIn({ simulator });
  const fetch = (input: RequestInfo | URL, init?: RequestInit) => app.request(String(input), init);
  const baseUrl = `https://${name}.example/v1`;
  return { baseUrl, apiKey: "secret-key-1234567890", model: "stand-in", fetch: fetch as typeof globalThis.fetch };
}

async function report(name: ProfileName) {
  const findings = await findOut(placeOf(name));
  return Object.fromEntries(findings.map(({ what, found, redraft }) => [what, `${found} → ${redraft}`]));
}

describe("the check of a provider", () => {
  it("finds what OpenAI's reasoning models refuse, and its limits", async () => {
    const found = await report("openai");
    expect(found).toMatchObject({
      max_completion_tokens: "taken → uses it",
      temperature: "refused (400) → leaves it out",
      "strict JSON schema": "taken → uses it",
      usage: expect.stringContaining("counts tokens by it"),
      streaming: expect.stringContaining("ends with [DONE], with usage"),
      "unknown model": expect.stringContaining("404"),
    });
  });

  it("finds the fallbacks that other servers need", async () => {
    expect(await report("mistral")).toMatchObject({ max_completion_tokens: "refused (422) → uses max_tokens instead" });
    expect(await report("ollama")).toMatchObject({ max_completion_tokens: "passed over → answers have no cap" });
    expect(await report("anthropic")).toMatchObject({
      "strict JSON schema": "passed over: the answer is not bare JSON → reads the JSON out of the text",
    });
    expect((await report("deepseek"))["strict JSON schema"]).toMatch(/^refused \(400\).*uses json_object, and checks/);
  });

  it("says what ten corrections use", async () => {
    const place = placeOf("mistral");
    const [one, ten] = await correctOnce(place, place);
    expect(one?.found).toMatch(/^rewritten, rated, gain \d+: 5 calls/);
    expect(ten?.found).toMatch(/^about \d+0 tokens in/);
  });

  it("says why nothing works, without the key", async () => {
    const place = placeOf("xai", { key: "another" });
    await expect(findOut(place)).rejects.toThrow("stand-in gave no answer (400): Incorrect API key provided");
    const found = JSON.stringify(await correctOnce(place, place));
    expect(found).toMatch(/would not work/);
    expect(found).not.toContain(place.apiKey);
  });
});
