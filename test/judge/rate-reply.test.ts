import { describe, expect, it } from "vitest";
import { rateReply } from "../../src/judge/rate-reply.ts";
import { modelThat } from "../support/model.ts";

const rated = { originalPrompt: "Where is my order?", agentReply: "It comes on Monday." };

/** The samples of one rating by a judge that answers the same every time. */
function ratings(accuracy: unknown) {
  const answer = { reasons: "So.", usable_reference: true, accuracy, completeness: 80, tone: 80 };
  const model = modelThat(() => JSON.stringify(answer));
  return rateReply(rated, "On Monday.", { model, name: "judge", samples: 1 });
}

describe("a judge's scores", () => {
  it.each([
    ["null", null],
    ["an empty text", ""],
    ["blanks", "  "],
    ["a word", "good"],
    ["a yes", true],
    ["a no", false],
    ["a list", [80]],
    ["an object", { score: 80 }],
    ["less than 0", -1],
    ["more than 100", 101],
    ["a fraction in words", "85/100"],
    ["a percentage", "85%"],
    ["a hexadecimal number", "0x50"],
    ["more than 100 as text", "850"],
  ])("%s is no rating: the sample is left out, and no number made up", async (_, given) => {
    expect(await ratings(given)).toEqual([]);
  });

  it.each([
    [0, 0],
    [85, 85],
    [99.5, 99.5],
    ["85", 85],
    [" 85.5 ", 85.5],
  ])("%j counts as %d", async (given, accuracy) => {
    expect(await ratings(given)).toMatchObject([{ accuracy }]);
  });
});
