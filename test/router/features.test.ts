import { describe, expect, it } from "vitest";
import { BUCKETS, featuresOf, MAX_INPUT_CHARS, writeFeatures } from "../../src/router/features.ts";

function overlap(a: string, b: string): number {
  const inA = new Set(featuresOf(a));
  const inB = featuresOf(b);
  return inB.filter((id) => inA.has(id)).length / Math.max(inA.size, inB.length);
}

describe("features of a message", () => {
  it("come sorted, distinct and within the table", () => {
    const ids = featuresOf("Where is my card? My card has not come, my card!");
    expect(ids.length).toBeGreaterThan(50);
    expect([...ids]).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(Math.max(...ids)).toBeLessThan(BUCKETS);
  });

  it("an earlier message leaves no trace in the next", () => {
    const alone = featuresOf("Karte verloren");
    featuresOf("something long and different that fills the scratch space with other words, 日本語 and 😡 too");
    expect(featuresOf("Karte verloren")).toEqual(alone);
  });

  it.each([
    ["case", "MY CARD IS LOST", "my card is lost"],
    ["punctuation and space", "my card -- is\t\n lost!!", "my card is lost"],
    ["the German sharp s", "STRASSE gesperrt", "Straße gesperrt"],
    ["the Greek final sigma", "Ο ΛΟΓΑΡΙΑΣΜΟΣ ΜΟΥ", "ο λογαριασμός μου".replace("ό", "ο")],
    ["the Turkish dotted I", "İPTAL", "iptal"],
    ["full-width letters", "ｃａｒｄ １２", "card 12"],
    ["half-width kana", "ｶｰﾄﾞ", "カード"],
    ["composed and decomposed accents", "cafe\u0301", "café"],
    ["invisible characters", "pass\u00adword\u200b", "password"],
  ])("%s makes no difference", (_, a, b) => {
    expect(featuresOf(a)).toEqual(featuresOf(b));
  });

  it.each([
    ["Japanese", "カードがまだ届きません", "新しいカードが届いていません", "為替レートが間違っています"],
    ["Arabic", "لم تصل بطاقتي الجديدة", "بطاقتي لم تصل بعد", "سعر الصرف خاطئ"],
    ["Thai", "บัตรของฉันยังไม่มา", "บัตรยังไม่มาเลย", "อัตราแลกเปลี่ยนผิด"],
    ["Greek", "η κάρτα μου δεν ήρθε", "δεν ήρθε η νέα κάρτα", "λάθος ισοτιμία"],
    ["emoji", "😡😡 💳", "💳 😡", "🎉 🏖️"],
  ])("%s messages of like meaning share more than others", (_, message, like, other) => {
    expect(overlap(message, like)).toBeGreaterThan(0.2);
    expect(overlap(message, like)).toBeGreaterThan(2 * overlap(message, other));
  });

  it("a single ideograph is a feature, wherever it stands", () => {
    expect(overlap("卡", "卡")).toBe(1);
    const alone = new Set(featuresOf("卡"));
    expect(featuresOf("我的卡丢了").some((id) => alone.has(id))).toBe(true);
  });

  it.each(["\ud800", "\udc00\ud800", "card \ud83d lost", "\u0000\uffff", "\ufdfa".repeat(500), "🏳️‍🌈".repeat(900)])(
    "broken or strange text %# does not break it",
    (text) => {
      expect(() => featuresOf(text)).not.toThrow();
    },
  );

  it("a lone surrogate separates words and says nothing", () => {
    expect(featuresOf("card \ud83d lost")).toEqual(featuresOf("card lost"));
  });

  it("text without a letter, digit or emoji has no features", () => {
    for (const text of ["", "   ", "?!… —", "\u200b\u00ad"]) expect(featuresOf(text)).toHaveLength(0);
  });

  it("what lies beyond the cap is not read", () => {
    const head = "card ".repeat(MAX_INPUT_CHARS / 5);
    expect(featuresOf(`${head}refund`)).toEqual(featuresOf(head));
    expect(featuresOf("日".repeat(MAX_INPUT_CHARS * 500))).toEqual(featuresOf("日".repeat(MAX_INPUT_CHARS)));
  });

  it("the most varied text does not write beyond the table", () => {
    const text = Array.from({ length: MAX_INPUT_CHARS }, (_, i) =>
      String.fromCharCode(0x4e00 + ((i * 7919) % 20_000)),
    ).join("");
    const out = new Uint16Array(BUCKETS + 1).fill(0xffff);
    const spaced = text.replaceAll(/(.)/g, "$1 ");
    for (const varied of [text, spaced]) {
      expect(writeFeatures(varied, out)).toBeLessThanOrEqual(BUCKETS);
      expect(out[BUCKETS]).toBe(0xffff);
    }
  });
});
