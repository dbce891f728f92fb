import { beforeAll, describe, expect, it } from "vitest";
import { PLACEHOLDER } from "../../src/guards/personal-data/kinds.ts";
import { PERSONAL_KINDS } from "../support/personal-kinds.ts";
import { leaks, takeThrough } from "./scenario.ts";

type Taken = Awaited<ReturnType<typeof takeThrough>>;

it("every kind of personal data that is replaced is planted here", () => {
  const known = /\(([A-Z_|]+)\)/.exec(PLACEHOLDER.source)?.[1]?.toLowerCase().split("|");
  expect(PERSONAL_KINDS.map(({ kind }) => kind).toSorted()).toEqual(known?.toSorted());
});

describe("personal data that comes in with a failure", () => {
  let taken: Taken;
  beforeAll(async () => {
    taken = await takeThrough({});
  }, 60_000);

  it("is taken along all ways out, or their silence would prove nothing", () => {
    const { ways, compared, distilled } = taken;
    expect(compared).toBeGreaterThan(0);
    expect(distilled).toBeGreaterThan(0);
    const at = (way: string) => ways.get(way) ?? "";
    expect(at("POST /v1/prompts with a topic (while explanations serve)")).toMatch(/it did not say.*example_reply_5/s);
    expect(at("POST /v1/prompts with a topic (with lessons)")).toMatch(/Send refunds to/);
    expect(at("POST /v1/chat/completions as it goes on (with lessons)")).toMatch(/Send refunds to/);
    expect(at("openai-sft, system guided, corrected replies: training_data.jsonl")).toMatch(/it did not say/);
    expect(at("files sent to the fine-tuning service")).toMatch(/Send refunds to/);
    expect(at("another failure's correction")).toMatch(/known_failures/);
    expect([...ways.keys()].filter((way) => way.startsWith("router/")).length).toBeGreaterThan(2);
    expect([...ways.keys()].filter((way) => way.includes(": training_data.jsonl"))).toHaveLength(16);
  });

  it.each(PERSONAL_KINDS.map((kind) => [kind.kind, kind] as const))("leaves on no way: %s", (_, kind) => {
    expect(leaks(taken.ways, kind)).toEqual([]);
  });
});
