import { describe, expect, it } from "vitest";
import { seeded } from "../../../dev/lib/seeded.ts";
import { NearIndex } from "../../../src/lib/near-duplicates/near-index.ts";
import { likenessOf, NEAR } from "../../../src/lib/near-duplicates/sketch.ts";

const isNear = (a: string, b: string) => {
  const index = new NearIndex(1);
  index.add(likenessOf(a).sketch);
  return index.has(likenessOf(b).sketch);
};

/** Of pairs of neighbouring words, as the rule has it. */
function jaccard(a: string[], b: string[]): number {
  const pairs = (words: string[]) => new Set(words.slice(1).map((word, i) => `${words[i]} ${word}`));
  const [one, other] = [pairs(a), pairs(b)];
  const shared = [...one].filter((pair) => other.has(pair)).length;
  return shared / (one.size + other.size - shared);
}

describe("near duplicates", () => {
  it("are found whatever is changed, as long as they share enough, and unlike texts are not", () => {
    const chance = seeded(7);
    const word = () => `w${Math.floor(chance() * 1e9).toString(36)}x`;
    const counts = { near: 0, found: 0, unlike: 0, taken: 0 };
    for (let n = 0; n < 12_000; n++) {
      const words = Array.from({ length: 10 + Math.floor(chance() * 60) }, word);
      const changed = [...words];
      const edits = 1 + Math.floor((chance() * words.length) / (n % 2 === 0 ? 12 : 1));
      for (let i = 0; i < edits; i++) changed.splice(Math.floor(chance() * words.length), n % 3 === 0 ? 0 : 1, word());
      const shared = jaccard(words, changed);
      const found = isNear(words.join(" "), changed.join(", ").toUpperCase());
      if (shared >= NEAR) counts.near++;
      if (shared >= NEAR && found) counts.found++;
      if (shared < 0.3) counts.unlike++;
      if (shared < 0.3 && found) counts.taken++;
    }
    expect(counts.near).toBeGreaterThan(2_000);
    expect(counts.found / counts.near).toBeGreaterThan(0.998);
    expect(counts.unlike).toBeGreaterThan(1_000);
    expect(counts.taken / counts.unlike).toBeLessThan(0.005);
  });

  it("do not depend on case, accents, punctuation, spaces or long numbers", () => {
    expect(isNear("Où est ma commande 10234567 ?", "ou  est, MA commande 99887766")).toBe(true);
    expect(isNear("Where is my refund of 50 euros?", "Which of your 70 shops is open on Sundays?")).toBe(false);
  });

  it.each([
    [
      "我两周前订的跑鞋到现在还没有收到，请问包裹在哪里？",
      "我两周前订的跑鞋到现在还没有收到。请问包裹在哪里呢？",
      "请问怎么修改我的登录密码和手机号码？",
    ],
    [
      "สั่งรองเท้าวิ่งไปเมื่อสองสัปดาห์ก่อน แต่พัสดุยังไม่มาถึงเลย",
      "สั่งรองเท้าวิ่งไปเมื่อสองสัปดาห์ก่อน พัสดุยังไม่มาถึงเลยค่ะ",
      "ขอเปลี่ยนรหัสผ่านของบัญชีได้อย่างไร",
    ],
  ])("are told in scripts without spaces too", (text, near, other) => {
    expect(isNear(text, near)).toBe(true);
    expect(isNear(text, other)).toBe(false);
  });

  it("are the same text where there is a word or none", () => {
    expect(isNear("refund", "Refund!")).toBe(true);
    expect(isNear("refund", "parcel")).toBe(false);
    expect(isNear("???", "???")).toBe(true);
    expect(isNear("???", "!!")).toBe(false);
    expect(isNear("", "refund")).toBe(false);
  });

  it("are drawn as often as was asked for", () => {
    const drawn = Array.from(
      { length: 20_000 },
      (_, n) =>
        likenessOf(Array.from({ length: 4 }, (_, i) => `${(n * 4 + i).toString(36)}`.replace(/\d/g, "x$&")).join(" "))
          .draw,
    );
    for (const fraction of [0.05, 0.2, 0.5])
      expect(Math.abs(drawn.filter((draw) => draw < fraction).length / drawn.length - fraction)).toBeLessThan(0.02);
  });

  it("leave with their whole group, the ones that are near only to others of it too", () => {
    const words = Array.from({ length: 40 }, (_, i) => `word${i}x`);
    // Each shares 90% with the next, the first and the last nothing like it.
    const chain = Array.from({ length: 12 }, (_, n) => [
      ...words.slice(4 * n),
      ...words.slice(0, 4 * n).map((w) => `${w}y`),
    ]);
    const index = new NearIndex(chain.length);
    for (const text of chain) index.add(likenessOf(text.join(" ")).sketch);
    index.takeGroupsNear(likenessOf((chain[0] ?? []).join(" ")).sketch);
    expect(Array.from({ length: 9 }, (_, place) => index.isTaken(place))).toEqual(Array(9).fill(true));
  });
});
