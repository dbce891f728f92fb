import { describe, expect, it } from "vitest";
import { customerKey } from "../../src/failures/customer-key.ts";

const key = (metadata: Record<string, unknown> | null, message = "Hi", contextUrl: string | null = null) =>
  customerKey({ metadata, message, contextUrl });

describe("whose a failure is", () => {
  it("is told by the customer's id or address, however the helpdesk writes it", async () => {
    const known = await key({ requester_id: 7 });
    for (const same of [
      { requesterId: "7" },
      { requester: { id: 7, name: "A" } },
      { "Requester-ID": " 7 ", agent: "B" },
    ])
      expect(await key(same, "Other words", "https://desk.example/2")).toBe(known);
    expect(await key({ requester_id: 8 })).not.toBe(known);
    expect(await key({ customer: { email: "A@Example.com" } })).toBe(await key({ customer_email: "a@example.com" }));
  });

  it("is not told by the agent, who has many customers", async () => {
    expect(await key({ agent: "7" }, "One")).not.toBe(await key({ agent: "7" }, "Two"));
  });

  it("without that is told by the conversation, then by the message: sent twice, it has one customer", async () => {
    const url = "https://desk.example/1";
    expect(await key(null, "One", `${url}#reply-1`)).toBe(await key(null, "Two", `${url}#reply-2`));
    expect(await key(null, "Where  is it?")).toBe(await key({}, "where is it? "));
    expect(await key(null, "Where is it?")).not.toBe(await key(null, "Where was it?"));
  });
});
