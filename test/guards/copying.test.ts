import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { COPY_LIMITS, judgeCopying, measureCopying } from "../../src/guards/copying.ts";

const word = fc.stringMatching(/^[a-z]{2,9}$/);
const sentence = fc.array(word, { minLength: 14, maxLength: 24 }).map((words) => `${words.join(" ")}.`);
const sentences = fc.uniqueArray(sentence, { minLength: 2, maxLength: 6 });

const AGENT =
  "Thanks for waiting. We looked at your account and saw that the second payment never reached us, so the parcel was " +
  "held back at the warehouse until the bank released the money on the following morning.";

const verdict = (rewrite: string, agent: string) => judgeCopying(measureCopying(rewrite, agent));

describe("copying", () => {
  it("a text of 20 words or more never passes against itself", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), { minLength: 20, maxLength: 60 }),
        (parts) => {
          const text = parts.map((part, i) => `w${i % 7}x ${part}`).join(" ");
          expect(verdict(text, text)).toBe("refuse");
        },
      ),
    );
  });

  it.each([
    [
      "title case",
      "The Quick Brown Fox Jumps Over The Lazy Dog While Every Other Animal In The Forest Looks On And Wonders Why It Hurries",
    ],
    [
      "only names",
      "Anna Bert Carla Dora Emil Frida Gustav Hanna Ivan Jana Karl Lena Mario Nora Otto Paula Quentin Rosa Sven Tina Ulla",
    ],
    ["only numbers", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22"],
    [
      "German",
      "Wir haben Ihre Bestellung geprüft und festgestellt, dass die Rechnung vom System doppelt gebucht wurde, daher erstatten wir Ihnen den Betrag auf das Konto zurück.",
    ],
    [
      "Chinese",
      "您好，我们已经收到您的退款申请，并且已经为您办理，款项将会在三个工作日内退回到您原来的支付账户，请您耐心等待。",
    ],
    [
      "Japanese",
      "お問い合わせありがとうございます。返金の手続きはすでに完了しておりますので、三営業日以内にお支払いの口座へ入金される予定です。",
    ],
    ["Thai", "ขอบคุณที่ติดต่อเรา เราได้ดำเนินการคืนเงินให้คุณแล้ว เงินจะเข้าบัญชีของคุณภายในสามวันทำการ กรุณารอการแจ้งเตือนจากธนาคารของคุณ"],
  ])("a copy in %s is not overlooked", (_, text) => {
    expect(verdict(text, text)).toBe("refuse");
  });

  it("sentences put in another order are still a copy", () => {
    fc.assert(
      fc.property(sentences, (list) => {
        expect(verdict([...list].reverse().join(" "), list.join(" "))).toBe("refuse");
      }),
    );
  });

  it("one Chinese sentence copied into another reply is not overlooked", () => {
    const copied = "我们已经为您办理退款，款项将会在三个工作日内退回到您原来的支付账户，请您耐心等待。";
    const rewrite = `感谢来信。${copied}如有其他问题，欢迎随时写信给我们的客服团队，祝您生活愉快。`;
    expect(verdict(rewrite, `您好。${copied}订单里的另外两件商品会按原计划在下周发出。`)).toBe("refuse");
  });

  it("case, punctuation, line breaks and invisible characters do not hide a copy", () => {
    const hidden = AGENT.toUpperCase()
      .replaceAll(",", " —")
      .replaceAll(" the ", "\nthe\u200b ")
      .replaceAll("o", "\u00ado");
    expect(verdict(hidden, AGENT)).toBe("refuse");
  });

  it("text added around a copy does not lower the longest run", () => {
    fc.assert(
      fc.property(
        sentences,
        fc.string({ unit: "grapheme", maxLength: 80 }),
        fc.string({ unit: "grapheme", maxLength: 80 }),
        (list, before, after) => {
          const agent = list.join(" ");
          const rewrite = list[0] ?? "";
          const alone = measureCopying(rewrite, agent).longestRun;
          expect(measureCopying(`${before}\n\n${rewrite}\n\n${after}`, agent).longestRun).toBeGreaterThanOrEqual(alone);
        },
      ),
    );
  });

  it("names, links, addresses and numbers that must be repeated are not taken for copying", () => {
    const facts =
      "Anna Schmidt, Globex Logistics, order 4711-0815, https://globex.example/returns/form, help@globex.example, +49 30 901820, 12 March 2024, $49.99";
    const agent = `Your parcel was lost, so please send the form with these to ${facts} before we can do anything for you in this matter.`;
    const rewrite = `To get your money back, fill in the return sheet and quote what belongs to your case: ${facts}. I am sorry for the trouble this caused.`;
    expect(verdict(rewrite, agent)).toBe("pass");
  });

  it("a reply said in other words passes", () => {
    const rewrite =
      "The bank only released your second payment the next day. Until then we could not ship the parcel, which is why it " +
      "left our warehouse later than promised; it is on its way to you now.";
    expect(verdict(rewrite, AGENT)).toBe("pass");
  });

  it.each([
    [12, "warn"],
    [13, "refuse"],
    [7, "pass"],
    [8, "warn"],
  ] as const)("a run of %i words gives the verdict %s", (length, expected) => {
    const run = Array.from({ length }, (_, i) => `shared${"abcdefghijklmnop"[i]}`).join(" ");
    const filler = (name: string) =>
      Array.from(
        { length: 60 },
        (_, i) => `${name}${String.fromCharCode(97 + (i % 26))}${i < 26 ? "x" : i < 52 ? "y" : "z"}`,
      ).join(" ");
    expect(verdict(`${filler("mine")}. ${run} ${filler("own")}`, `${filler("their")}. ${run} ${filler("else")}`)).toBe(
      expected,
    );
  });

  it.each([
    ["Please restart the router and try again.", "Please restart the router and try again", "refuse"],
    [
      "You can restart your router from the settings page of the app at any time.",
      "From the settings page you can restart your router, or pull the plug for a minute.",
      "pass",
    ],
    ["Yes.", "Yes", "refuse"],
    ["Yes.", "No.", "pass"],
  ])("a short reply is refused only when nearly exact: %s", (agent, rewrite, expected) => {
    expect(verdict(rewrite, agent)).toBe(expected);
  });

  it("a short rewrite that is one stretch of a long reply is not let through as short", () => {
    const stretch = "the parcel was held back at the warehouse until the bank released the money";
    expect(verdict(stretch, AGENT)).toBe("refuse");
  });

  it("an empty text is no copy of anything", () => {
    expect(verdict("", "")).toBe("pass");
    expect(verdict("", AGENT)).toBe("pass");
    expect(verdict(AGENT, "")).toBe("pass");
  });

  it("shows the words that were copied", () => {
    const { runText, longestRun } = measureCopying(`Hello! ${AGENT.slice(20)}`, AGENT);
    expect(longestRun).toBeGreaterThanOrEqual(COPY_LIMITS.refuseRun);
    expect(runText).toContain("looked at your account");
  });
});
