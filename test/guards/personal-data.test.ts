import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findPersonalData, redact } from "../../src/guards/personal-data.ts";
import { PLANTED_PERSONAL_DATA, sample } from "./planted.ts";

const messages = fc.array(
  fc.oneof(
    fc.oneof(...PLANTED_PERSONAL_DATA).map(({ text }) => text),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom(" ", "\n", "call ", "[EMAIL_1]", "+", "-", "."),
  ),
  { maxLength: 12 },
);

describe("personal data", () => {
  it.each(PLANTED_PERSONAL_DATA.map((kind) => [sample(kind, 1)[0]?.kind, kind] as const))(
    "a planted %s is not overlooked",
    (name, kind) => {
      const planted = sample(kind, 250);
      const missed = planted.filter(({ text }) => {
        const message = `Dear team, mine is ${text}, please look into it.`;
        return !findPersonalData(message).some(
          (found) => found.kind === name && message.slice(found.start, found.end) === text,
        );
      });
      expect(
        missed.length,
        missed
          .map(({ text }) => text)
          .slice(0, 10)
          .join(" | "),
      ).toBeLessThanOrEqual(planted.length * 0.02);
    },
  );

  it.each([
    ["call 0800 1111 any time", "0800 1111"],
    ["Helpline on 1800 020\n080 or here", "1800 020\n080"],
    ["(02) 9876 5432 is mine", "(02) 9876 5432"],
    ["I am on 07400 123456 now", "07400 123456"],
    ["Ring 555-0123.", "555-0123"],
    ["my number is 612345678", "612345678"],
    ["tel:+61298765432", "+61298765432"],
    ["Tom, 202-555-0143, Ohio", "202-555-0143"],
    ["mit Telefon 030 901820 erreichbar", "030 901820"],
  ])("a phone number in a national spelling is not overlooked: %s", (text, phone) => {
    expect(findPersonalData(text).map((found) => text.slice(found.start, found.end))).toEqual([phone]);
  });

  it.each([
    "We shipped 1200450 units in 2019-2020, on 2020-03-12 and 12.03.2020, for 1 250 000 kr.",
    "Order 4839201134 and invoice no. 20240012345 are late, tracking number 1234567890.",
    "ISBN 978-3-16-148410-0, version 10.15.7, build 1.2.3.4567, v1.2.3.4, at 12:30:45.",
    "Call std::string or Foo::Bar. The mask is 255.255.255.0, the host 127.0.0.1.",
    "Ticket #12345678, case 00012345, 3.14159265, 1,234,567.89 and 50000000.",
    "Account 1234 5678 9012 3456 is no card, since its check digit is wrong.",
    "GB00WEST12345698765432 is no IBAN, and nobody@localhost no address.",
  ])("plain numbers and codes are not taken for it: %s", (text) => {
    expect(findPersonalData(text).map((found) => text.slice(found.start, found.end))).toEqual([]);
  });

  it("the same value does not get two placeholders in a prompt and its replies", () => {
    const { texts, found } = redact([
      "I am Bob@x.com, call me on +61 2 9876 5432.",
      "We wrote to bob@X.com and rang (02) 9876 5432; eve@x.com too.",
      "Card 4111 1111 1111 1111 = 4111-1111-1111-1111, IBAN de89370400440532013000 = DE89 3704 0044 0532 0130 00, from 203.0.113.9",
    ]);
    expect(texts).toEqual([
      "I am [EMAIL_1], call me on [PHONE_1].",
      "We wrote to [EMAIL_1] and rang [PHONE_1]; [EMAIL_2] too.",
      "Card [CARD_1] = [CARD_1], IBAN [IBAN_1] = [IBAN_1], from [IP_1]",
    ]);
    expect(found).toContainEqual({ kind: "email", placeholder: "[EMAIL_1]", count: 2 });
    expect(JSON.stringify(found)).not.toContain("x.com");
  });

  it("a placeholder that already stands in a text does not get a second meaning", () => {
    expect(redact(["[EMAIL_1] told eve@x.com", "[EMAIL_4]"]).texts[0]).toBe("[EMAIL_1] told [EMAIL_5]");
  });

  it("redacting twice changes nothing, and leaves nothing to find", () => {
    fc.assert(
      fc.property(fc.array(messages, { maxLength: 3 }), (parts) => {
        const once = redact(parts.map((words) => words.join("")));
        const twice = redact(once.texts);
        expect(twice.texts).toEqual(once.texts);
        expect(twice.found).toEqual([]);
        expect(once.texts.flatMap(findPersonalData)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("text without personal data comes back unchanged", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        if (findPersonalData(text).length === 0) expect(redact([text]).texts).toEqual([text]);
      }),
    );
  });

  it("what is found lies in order and does not overlap", () => {
    fc.assert(
      fc.property(messages, (parts) => {
        let end = 0;
        for (const found of findPersonalData(parts.join(""))) {
          expect(found.start).toBeGreaterThanOrEqual(end);
          expect(found.end).toBeGreaterThan(found.start);
          end = found.end;
        }
      }),
    );
  });
});
