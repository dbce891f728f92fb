import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blankGivenKeys, blankKeys } from "../../src/lib/blank-keys.ts";

const KEY = "acme_live.Zq81LmX0aPq7RtB3";

describe("a server's words", () => {
  it("hold no long stretch of the key that the server was sent, wherever and however it quotes it", () => {
    const piece = fc
      .tuple(fc.nat(KEY.length - 8), fc.integer({ min: 8, max: KEY.length }))
      .map(([at, length]) => KEY.slice(at, at + length));
    const words = fc.oneof(
      piece,
      fc.constant(KEY),
      fc.string({ maxLength: 6 }),
      fc.constantFrom("****", "…", " key: "),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), (parts) => {
        const cleaned = blankGivenKeys(parts.join(""), [KEY]);
        for (let at = 0; at + 8 <= KEY.length; at++) expect(cleaned).not.toContain(KEY.slice(at, at + 8));
      }),
    );
    expect(blankGivenKeys(`Wrong key ${KEY}.`, ["", "none", KEY])).toBe("Wrong key [key].");
  });

  it("stay as they are where there is no key in them, and where the key is but a word", () => {
    const words =
      "The organization has no access to gpt-4o-mini-2024-07-18; ask for 30,000 tokens or parameters. None.";
    expect(blankKeys(words, [KEY, "none", "", "tokens"])).toBe(words);
    expect(blankKeys("Send bearer authentication or an api key, or **both**.")).toBe(
      "Send bearer authentication or an api key, or **both**.",
    );
  });

  it.each(["a", " ", "bearer ", "bearer  ", "-", "*a", "**", "sk-", "sk-.", "eyJa.", "AIza", "a•"])(
    "take no time to speak of, however long they are: %j again and again",
    (piece) => {
      const words = piece.repeat(200_000 / piece.length);
      const begun = performance.now();
      blankKeys(words, [KEY]);
      expect(performance.now() - begun).toBeLessThan(2_000);
    },
  );

  it.each([
    ["Incorrect API key provided: sk-proj-abcd********************wxyz. See", "Incorrect API key provided: [key]. See"],
    ["Invalid key sk-ab12cd34...wxyz", "Invalid key [key]"],
    ["hf_AbCdEfGhIjKl is revoked", "[key] is revoked"],
    ["`Authorization: Bearer 0123456789abcdef`", "`Authorization: Bearer [key]`"],
    ["AIzaSyA1234567890 was refused", "[key] was refused"],
    ["token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def expired", "token [key] expired"],
    ["key 1234abcd************", "key [key]"],
    ["of 0123456789abcdef0123456789abcdef here", "of [key] here"],
  ])("lose what looks like a key: %s", (said, left) => expect(blankKeys(said)).toBe(left));
});
