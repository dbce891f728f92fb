import { describe, expect, it } from "vitest";
import { PARAMETERS, type Profile, REFUSALS, type Refusal, refusalOf } from "../../dev/stand-in/provider/profile.ts";
import { PROFILES } from "../../dev/stand-in/provider/profiles.ts";
import type { About } from "../../src/llm/answers/fault.ts";
import { readCompletion } from "../../src/llm/answers/read-completion.ts";

/** What each refusal may be taken for, whoever says it: the simulator and the table were written apart. */
const ABOUT: Record<Refusal, About[]> = {
  requests: ["limit"],
  tokens: ["limit"],
  too_large: ["request"],
  // Shared capacity is the provider's health.
  concurrency: ["limit", "health"],
  // Where nothing in the answer tells a day from a minute, it is a limit that is met again.
  daily: ["quota", "money", "limit"],
  // Workers AI says one thing for the day's allowance and no money; Azure blocks the resource.
  no_money: ["money", "quota", "setup"],
  // Gemini answers 200 without choices, as it does when it fails.
  moderated: ["request", "answer"],
  filtered: ["request"],
  overload: ["health"],
  bad_key: ["setup"],
  no_permission: ["setup"],
  unknown_model: ["setup"],
  context: ["request"],
  parameter: ["parameter"],
  html: ["health"],
  error_in_200: ["health", "answer", "setup"],
};

const NOON = Date.UTC(2026, 0, 1, 12);
const LIMITS = { requests: { limit: 300, remaining: 0, resetMs: 900 }, tokens: null };

function faultOf(profile: Profile, refusal: Refusal) {
  const param = PARAMETERS.find((name) => profile.takes?.[name] === "refused") ?? "temperature";
  const waitMs = refusal === "daily" ? 43_200_000 : 1_500;
  const asked = refusal === "too_large" || refusal === "context" ? 9_000 : 1;
  const told = { now: NOON, waitMs, limit: 300, asked, model: "model-large", param, limits: LIMITS };
  const { status, body, headers } = refusalOf(profile, refusal, told);
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return readCompletion({ status, headers: new Headers(headers), body: text, at: NOON }).fault;
}

describe.each(Object.entries<Profile>(PROFILES))("%s", (_, profile) => {
  it.each(REFUSALS)("%s is taken for what it is", (refusal) => {
    if (refusal === "parameter" && !Object.values(profile.takes ?? {}).includes("refused")) return;
    expect(ABOUT[refusal]).toContain(faultOf(profile, refusal)?.about);
  });

  it("a model it does not know is no fault of the account", () => {
    expect(faultOf(profile, "unknown_model")).toMatchObject({ code: "unknown_model", scope: "model" });
  });
});
