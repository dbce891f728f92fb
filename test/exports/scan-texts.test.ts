import { describe, expect, it } from "vitest";
import { TextScanner } from "../../src/exports/scan-texts.ts";
import { findPersonalData } from "../../src/guards/personal-data.ts";

const scan = (prompt: string, reply = "", original = "") => new TextScanner().scan(prompt, reply, original);

describe("the scanner", () => {
  it.each([
    "write to kim@example.org",
    "call +49 30 1234567",
    "call 555-0134 99",
    "it was 192.168.10.24, I think",
    "from 2001:db8::8a2e:370:7334",
    "card ４１１１ １１１１ １１１１ １１１１",
    "رقم ٤١١١١١١١١١١١١١١١",
  ])("lets nothing pass that a finder would find: %s", (text) => {
    for (const found of [scan(text), scan("", text), scan("", "", text)]) expect(found.mayHoldPersonalData).toBe(true);
  });

  it.each(["Where is my refund? – “Soon”, says Zoë 🙂", "Order LK-201 of 3.5 kg: late", "それはどこですか"])(
    "spares the finders what holds none: %s",
    (text) => {
      expect(findPersonalData(text)).toEqual([]);
      expect(scan(text).mayHoldPersonalData).toBe(false);
    },
  );

  it("hashes alike what differs in case and white space alone, and nothing else", () => {
    const same = ["Where is my refund?", "  where  IS\n my\trefund? ", "Where\u00a0is my \u00a0refund?"];
    expect(new Set(same.map((text) => JSON.stringify(scan(text).prompt))).size).toBe(1);
    const other = [
      "Where is my refund",
      "Where is my refund?!",
      "Where is my refnud?",
      "Whereis my refund?",
      "à b",
      "àb",
    ];
    expect(new Set([...other, ...same].map((text) => JSON.stringify(scan(text).prompt))).size).toBe(other.length + 1);
  });

  it("does not take a text for another after a longer one, nor when it moves from prompt to reply", () => {
    const scanner = new TextScanner();
    const alone = scanner.scan("ab", "cd", "");
    scanner.scan("x".repeat(100_000), "y".repeat(70_000), "");
    expect(scanner.scan("ab", "cd", "")).toEqual(alone);
    expect(scanner.scan("abc", "d", "").pair).not.toEqual(alone.pair);
  });

  it("finds no two of many like texts alike", () => {
    const hashes = new Set<string>();
    for (let i = 0; i < 50_000; i++) {
      const { high, low } = scan(`Order ${i}`, `Reply ${i % 7}`).pair;
      hashes.add(`${high} ${low}`);
    }
    expect(hashes.size).toBe(50_000);
  });
});
