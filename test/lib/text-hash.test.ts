import { expect, it } from "vitest";
import { type Hash64, hashText, toUnit } from "../../src/lib/text-hash.ts";

const key = ({ high, low }: Hash64) => `${high} ${low}`;

it("hashes alike what differs in case and white space alone, and nothing else", () => {
  const same = ["Where is my refund?", "  where  IS\n my\trefund? ", "Where\u00a0is my \u00a0refund?"];
  expect(new Set(same.map((text) => key(hashText(text)))).size).toBe(1);
  const other = [
    "Where is my refund",
    "Where is my refund?!",
    "Where is my refnud?",
    "Whereis my refund?",
    "à b",
    "àb",
  ];
  expect(new Set([...other, ...same].map((text) => key(hashText(text)))).size).toBe(other.length + 1);
});

it("does not take two texts for others when words move from one to the next", () => {
  const pair = (first: string, second: string) => key(hashText(second, hashText(first)));
  expect(pair("ab", "cd")).toBe(pair("AB", " cd"));
  expect(new Set([pair("ab", "cd"), pair("abc", "d"), pair("", "abcd"), pair("abcd", "")]).size).toBe(4);
});

it("finds no two of many like texts alike", () => {
  const hashes = new Set<string>();
  for (let i = 0; i < 50_000; i++) hashes.add(key(hashText(`Reply ${i % 7}`, hashText(`Order ${i}`))));
  expect(hashes.size).toBe(50_000);
});

it("spreads like texts evenly from 0 to 1", () => {
  const tenths = new Array<number>(10).fill(0);
  for (let i = 0; i < 20_000; i++) {
    const tenth = Math.floor(toUnit(hashText(`conversation-${i}`)) * 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  // Four standard deviations of a fair draw are 170.
  for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(170);
});
