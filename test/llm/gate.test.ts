import { describe, expect, it } from "vitest";
import { afterModelError } from "../../src/corrections/attempt-outcome.ts";
import { modelError } from "../../src/llm/classify-error.ts";
import { admit, type GateState, gateAfter, whileProbing } from "../../src/llm/gate.ts";
import { ModelError } from "../../src/llm/model.ts";

const SECOND = 1_000;
const down = { ok: false, failure: "retry", code: "provider_error", reason: "down" } as const;

describe("the gate", () => {
  it("probes a provider that is down after twice as long each time", () => {
    let state: GateState = { code: null, reason: null, until: null, failures: 0, setup: null };
    for (let i = 0; i < 5; i++) state = gateAfter(state, down, 0, "s");
    expect(state.until).toBe(30 * SECOND);
    state = gateAfter(whileProbing(state, 30 * SECOND, "s"), down, 31 * SECOND, "s", true);
    expect(state.until).toBe(91 * SECOND);
    expect(admit(state, 0, 0, 90 * SECOND, "s")).toMatchObject({ admitted: false });
    // A late answer to a call from before pushes it no further.
    expect(gateAfter(state, down, 40 * SECOND, "s").until).toBe(91 * SECOND);
  });
});

describe("a parameter that the model in use does not take", () => {
  it("closes the gate: it is said of every request", () => {
    const fault = { about: "parameter", code: "unsupported_parameter", parameter: "max_tokens" } as const;
    const error = modelError({ ...fault, reason: "At most 4096.", retryAfterMs: null });
    const outcome = afterModelError(error, 0, false);
    expect(outcome).toMatchObject({ event: { type: "wait" }, report: { failure: "stop" } });
  });
});

describe("a correction that the provider refuses again", () => {
  const refusedFor = (about: "money" | "setup") => {
    const reason = "Refused.";
    const more = { reason, retryAfterMs: null };
    return about === "money"
      ? new ModelError("stop", "no_credit", reason, { fault: { about, code: "no_credit", untilMs: null, ...more } })
      : new ModelError("stop", "bad_key", reason, {
          fault: { about, code: "bad_key", scope: "account", sure: true, ...more },
        });
  };

  it("waits where a quota or credit is used up: a small probe may pass where it does not", () => {
    expect(afterModelError(refusedFor("money"), 0, true)).toMatchObject({
      event: { type: "wait" },
      report: { ok: false },
    });
  });

  it("goes to a person where it is refused alone", () => {
    expect(afterModelError(refusedFor("setup"), 0, true)).toMatchObject({
      event: { type: "needs_human" },
      report: null,
    });
  });
});
