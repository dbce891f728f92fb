import { beforeAll, describe, expect, it } from "vitest";
import { PLACEHOLDER } from "../../src/guards/personal-data/kinds.ts";
import { PERSONAL_KINDS } from "../support/personal-kinds.ts";
import { leaks, takeThrough, textOf } from "./scenario.ts";

describe("personal data with REDACT_MODEL_INPUT on", () => {
  let taken: Awaited<ReturnType<typeof takeThrough>>;
  beforeAll(async () => {
    taken = await takeThrough({ REDACT_MODEL_INPUT: "true", REDACT_EXPORTS: "false" });
    const controls = taken.requests.length;
    await taken.world.json("POST", "/v1/judge/controls", { sample: 20 });
    await taken.world.deliver();
    expect(taken.requests.length).toBeGreaterThan(controls);
    taken.ways = new Map(
      taken.requests.map((request, i) => [`${request.answer?.name ?? "text"} ${i}`, textOf(request)]),
    );
  }, 60_000);

  it("is kept from every kind of call", () => {
    const asked = new Set(taken.requests.map(({ answer }) => answer?.name ?? "text"));
    expect([...asked].toSorted()).toEqual(["comparison", "failure_names", "lesson_changes", "rating", "text"]);
    expect(taken.requests.map(textOf).join("\n")).toContain("went to [EMAIL_");
  });

  it.each(PERSONAL_KINDS.map((kind) => [kind.kind, kind] as const))("reaches no model: %s", (_, kind) => {
    expect(leaks(taken.ways, kind)).toEqual([]);
  });

  it("is in the stored replies, as the agent wrote it", async () => {
    const { data } = await taken.world.json("GET", "/v1/improvements?limit=100");
    expect(data.length).toBeGreaterThan(20);
    for (const { agent_reply, corrected_reply } of data) {
      const [, values] = /went to (.*), as you/.exec(agent_reply) ?? [];
      if (values !== undefined) expect(corrected_reply).toContain(`went to ${values}.`);
      expect(corrected_reply).not.toMatch(PLACEHOLDER);
    }
  });
});
