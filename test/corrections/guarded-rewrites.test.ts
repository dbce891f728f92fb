import { describe, expect, it } from "vitest";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, createWorld } from "../support/world.ts";

describe("the guards", () => {
  const agentReply =
    "Your refund of $24.90 left our account on 3 March, and because your bank books such payments only on working days, " +
    "it will show up in your account after five working days at the latest; please write to us if it does not.";

  it("have a copy of the agent's words rewritten, told what was wrong with it", async () => {
    const model = modelThat(({ isRating, section }) => {
      if (isRating) return rating(50);
      return section("problems_of_your_last_rewrite") === "" ? agentReply : REWRITE;
    });
    const world = createWorld({ model });
    const [id] = await world.correctAll(aFailure({ agent_reply: agentReply }));
    const { data } = await world.json("GET", "/v1/improvements?sort=newest&limit=1");
    expect(data[0]).toMatchObject({ failure_id: id, corrected_reply: REWRITE });
    expect(model.calls.filter(({ isRating }) => !isRating)).toHaveLength(2);
  });

  it.each([
    ["copies twice", agentReply, "copying"],
    ["makes up an amount", "Good news: we have sent you $99.99 today.", "made_up_fact"],
    ["answers with an error", "Error: rate limit exceeded", "not_a_reply"],
  ])("leave it to a person when the model %s, and store nothing", async (_, rewrite, code) => {
    const world = createWorld({ model: modelThat(({ isRating }) => (isRating ? rating(50) : rewrite)) });
    const [id] = await world.correctAll(aFailure({ agent_reply: agentReply }));
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({ status: "needs_human", reason_code: code });
    const { data } = await world.json("GET", "/v1/improvements?sort=newest&limit=1");
    expect(data[0]?.failure_id).not.toBe(id);
  });
});
