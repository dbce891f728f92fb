import { expect, it } from "vitest";
import { LimitError } from "../../src/llm/limit-error.ts";
import type { Model } from "../../src/llm/model.ts";
import { limitCalls } from "../../src/llm/wrap-model.ts";

const request = { model: "m", messages: [], maxOutputTokens: 1 };

it("does not take a worker without time for a provider that timed out", async () => {
  const model: Model = { complete: () => Promise.reject(new Error("must not be asked")) };
  const error = await limitCalls(model, () => false)
    .complete(request)
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LimitError);
  expect(error).toMatchObject({ until: 0 });
});
