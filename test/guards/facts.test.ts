import { describe, expect, it } from "vitest";
import { findMadeUpFacts } from "../../src/guards/facts.ts";
import { PLANTED_FACTS, sample } from "./planted.ts";

const SOURCE =
  "Hello, I ordered 2 lamps on 5 May 2023 (order LMP-2023-118) for $89.50 and 3 days later one of them broke. " +
  "Your page https://lamps.example/help says to write to care@lamps.example or to call +1 202 555 0143 from 9am to 5pm.";

describe("made-up facts", () => {
  it.each(PLANTED_FACTS.map((kind) => [sample(kind, 1)[0]?.kind, kind] as const))(
    "a made-up %s is not overlooked",
    (_, kind) => {
      const planted = sample(kind, 250);
      const missed = planted.filter(
        ({ text }) =>
          findMadeUpFacts(`Thank you for your patience. For this we noted ${text}, as you asked.`, [SOURCE]).length ===
          0,
      );
      expect(
        missed.length,
        missed
          .map(({ text }) => text)
          .slice(0, 10)
          .join(" | "),
      ).toBeLessThanOrEqual(planted.length * 0.02);
    },
  );

  it.each(PLANTED_FACTS.map((kind) => [sample(kind, 1)[0]?.kind, kind] as const))(
    "%s that stands in a source is not called made up",
    (_, kind) => {
      const wrong = sample(kind, 250).filter(
        ({ text }) =>
          findMadeUpFacts(`It is ${text}. We wrote (${text}), and "${text}".`, [
            SOURCE,
            `The customer wrote ${text}, please look.`,
          ]).length > 0,
      );
      expect(wrong.map(({ text }) => text)).toEqual([]);
    },
  );

  it.each([
    ["$1,200.00", "1200 USD"],
    ["$1200", "USD 1,200"],
    ["A$35", "35 AUD"],
    ["I was charged 49.99", "$49.99"],
    ["1.200,00 €", "€1,200"],
    ["€ 1 200,00", "1200 euros"],
    ["$5 million", "5,000,000 USD"],
    ["$1.2k", "1,200 dollars"],
    ["twenty-five dollars", "$25"],
    ["two hundred and fifty euros", "€250"],
    ["Rs. 500", "₹500"],
    ["50 cents", "$0.50"],
    ["20 percent", "20%"],
    ["3 March 2024", "March 3rd, 2024"],
    ["3 March 2024", "2024-03-03"],
    ["on the 3rd of March 2024", "on 3 March"],
    ["3. März 2024", "3 March 2024"],
    ["le 3 mars 2024", "3 March 2024"],
    ["2024年3月3日", "2024-03-03"],
    ["12/03/2024", "3 December 2024"],
    ["12-14 March 2020", "between 12 March and 14 March 2020"],
    ["2019-20", "2019-2020"],
    ["three days", "3 days"],
    ["24 hours", "1 day"],
    ["a week", "7 days"],
    ["14-day", "2 weeks"],
    ["12 months", "1 year"],
    ["90 minutes", "1.5 hours"],
    ["3, 5 or 7 days", "3 days"],
    ["3–5 business days", "between 3 and 5 days"],
    ["5pm", "17:00"],
    ["9 to 5pm", "9:00-17:00"],
    ["noon", "12pm"],
    ["https://x.io/", "x.io"],
    ["https://www.x.io/a/b?utm_source=mail&c=1#top", "x.io/a/b?c=1"],
    ["see https://x.io/a-long-\npath/here for it", "https://x.io/a-long-path/here"],
    ["Bob@X.io", "bob@x.io"],
    ["+1 (555) 010-9999", "15550109999"],
    ["+44 (0)20 7946 0958", "020 7946 0958"],
    ["020 7946 0958", "+44 20 7946 0958"],
    ["order #A-1234", "A1234"],
    ["order 48213", "ORD-48213"],
    ["1,234,567", "1234567"],
    ["٣٤٥ units", "345 units"],
  ])("%s said as %s is not called made up", (source, rewrite) => {
    expect(findMadeUpFacts(`This is what we have: ${rewrite}.`, [`It says ${source}.`])).toEqual([]);
  });

  it.each([
    "1. Open Settings\n2. Choose Plan\n3) Save",
    "Two of the three options work; the first is better, and step 3 is not needed.",
    "We are here 24/7 and 100% on your side. One day you may laugh about it.",
    "Please try 3 times, up to 6 ft away, e.g. outside. It works on Windows 11 and with Node.js.",
    "You may 2 or 3 times change it, and march 4 of them home.",
    "COVID-19, H1N1, MP3 and a 4K screen.",
  ])("a plain count or name is not called a fact: %s", (rewrite) => {
    expect(findMadeUpFacts(rewrite, [])).toEqual([]);
  });

  it.each([
    ["$89.50", "€89.50"],
    ["1200 USD", "1200 AUD"],
    ["5 May 2023", "6 May 2023"],
    ["5 May 2023", "5 May 2024"],
    ["within 3 days", "within 3 weeks"],
    ["https://lamps.example/help", "https://lamps.example/refunds"],
    ["care@lamps.example", "help@lamps.example"],
    ["+1 202 555 0143", "+1 202 555 0144"],
    ["9am", "9pm"],
    ["LMP-2023-118", "LMP-2023-119"],
  ])("%s turned to %s is not let through", (source, rewrite) => {
    expect(findMadeUpFacts(`We say ${rewrite} now.`, [`They say ${source} there.`])).not.toEqual([]);
  });

  it("the number of a list is not taken as a source for a promise", () => {
    expect(findMadeUpFacts("You have it in 4 days.", ["1. Look\n2. Wait\n3. Ask\n4. Pay"])).toEqual([
      { kind: "duration", text: "4 days" },
    ]);
  });

  it.each([
    ["IBAN", "DE89 3704 0044 0532 0130 00"],
    ["card number", "4111 1111 1111 1111"],
    ["IP address", "203.0.113.9"],
    ["placeholder", "[EMAIL_2]"],
  ])("a made-up %s is named as such", (kind, text) => {
    expect(findMadeUpFacts(`It is ${text}, as agreed.`, [SOURCE])).toEqual([{ kind, text }]);
  });

  it("a fact said twice is not told twice, and a text of nothing but facts is cut off", () => {
    expect(findMadeUpFacts("Pay $5,000 now. I said $5,000.", [])).toEqual([{ kind: "amount", text: "$5,000" }]);
    expect(findMadeUpFacts(Array.from({ length: 500 }, (_, i) => `$${1000 + i}`).join(" "), [])).toHaveLength(20);
  });

  it("a host with other letters or a longer ending is not cut or overlooked", () => {
    const hosts = findMadeUpFacts("See münchen.de and foo.health.", ["See berlin.de."]);
    expect(hosts.map(({ text }) => text)).toEqual(["münchen.de", "foo.health"]);
  });
});
