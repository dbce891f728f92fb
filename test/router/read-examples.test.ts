import { expect, it } from "vitest";
import { MAX_INPUT_CHARS } from "../../src/router/features.ts";
import { readExamples } from "../../src/router/read-examples.ts";
import { METADATA, PERSONAL_KINDS, plantedText, tracesOf } from "../support/personal-kinds.ts";
import { aFailure, createWorld } from "../support/world.ts";

it("the router learns no personal data, nor half a value where a long message is cut", async () => {
  const world = createWorld();
  const topic = `learned-${crypto.randomUUID()}`;
  const short = `Where is my card? I am ${plantedText(2)}.`;
  // A value at every place around the cut.
  const cut = Array.from(
    { length: 60 },
    (_, i) => `${"word ".repeat((MAX_INPUT_CHARS - 40 + i * 6) / 5)}k7pond@example.com end`,
  );
  await world.record(
    ...[short, ...cut].map((original_prompt) => aFailure({ topic, original_prompt, metadata: METADATA })),
  );
  const { examples } = await readExamples(world.services.db);
  const learned = examples.filter((example) => example.topic === topic).map(({ text }) => text);
  expect(learned).toHaveLength(61);
  expect(learned.join("\n")).toContain("Where is my card? I am");
  expect(PERSONAL_KINDS.flatMap((kind) => tracesOf(kind, learned.join("\n")))).toEqual([]);
  for (const text of learned) expect(text.slice(0, MAX_INPUT_CHARS)).not.toMatch(/pond|EMAIL|@/);
});
