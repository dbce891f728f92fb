import { describe, expect, it } from "vitest";
import { givenSettings } from "../../dev/lib/given-settings.ts";

describe("settings on the command line", () => {
  it("keep what their values hold, and the last of a name counts", () => {
    expect(
      givenSettings([
        "OPENAI_BASE_URL:http://127.0.0.1:9/v1",
        "NOTICE:it's $HOME # 5\n\\x",
        "NOTICE:",
        "JUDGE_SAMPLES:3",
      ]),
    ).toEqual({ OPENAI_BASE_URL: "http://127.0.0.1:9/v1", NOTICE: "", JUDGE_SAMPLES: "3" });
  });

  it("are never half read, and a key in them is not repeated", () => {
    for (const given of ["sk-secret", "openai_api_key:sk-secret", ":sk-secret", "A B:sk-secret", ""]) {
      expect(() => givenSettings([given])).toThrow(/^--var takes NAME:VALUE, with a name in capital letters\.$/);
    }
  });
});
