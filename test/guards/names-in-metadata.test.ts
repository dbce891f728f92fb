import { describe, expect, it } from "vitest";
import { namesIn } from "../../src/guards/names-in-metadata.ts";
import { redact } from "../../src/guards/personal-data.ts";

describe("the names that metadata gives", () => {
  it.each<[object, string[]]>([
    [{ customer_name: "Ada Quill" }, ["Ada Quill"]],
    [{ customerName: "Ada Quill", agent: "Bo Marsh" }, ["Ada Quill", "Bo Marsh"]],
    [{ requester: { name: "Ada Quill <ada@example.com>", id: 7 } }, ["Ada Quill"]],
    [{ ticket: { assignee: { first_name: "Bo", last_name: "Marsh" } } }, ["Bo", "Marsh"]],
    [{ name: "Zoë O'Hara-Lund" }, ["Zoë O'Hara-Lund"]],
    [{ customer: "山田太郎" }, ["山田太郎"]],
    [{ participants: 3, contact: [{ name: "Ada Quill" }] }, ["Ada Quill"]],
  ])("are found by their fields: %j", (metadata, names) => {
    expect(namesIn(metadata)).toEqual(names);
  });

  it.each([
    null,
    {},
    { product: { name: "Blue Jacket" } },
    { agent: "Billing Team", customer: "cus_81723", user: "bot", plan_name: "Gold" },
    { agent: "the agent said that this customer wanted to have it all back at once" },
    { deep: { deep: { deep: { deep: { deep: { customer_name: "Ada Quill" } } } } } },
  ])("are not made of what names nobody: %j", (metadata) => {
    expect(namesIn(metadata)).toBeNull();
  });

  it("are replaced in full and in parts, inside no other word", () => {
    const names = ["Ada Quill", "Mark"];
    const { texts, values } = redact(["ada quill, or Ada, of Adana: Mark the markup [EMAIL_1]"], { names });
    expect(texts).toEqual(["[NAME_1], or [NAME_2], of Adana: [NAME_3] the markup [EMAIL_1]"]);
    expect([...values]).toEqual([
      ["[NAME_1]", "ada quill"],
      ["[NAME_2]", "Ada"],
      ["[NAME_3]", "Mark"],
    ]);
  });
});
