import { describe, expect, it } from "vitest";
import { FORMATS } from "../../src/exports/formats.ts";

describe("a training line", () => {
  it.each(Object.entries(FORMATS))(
    "is one line for readers that end lines at other characters too: %s",
    (_, toLine) => {
      const text = (what: string) => `${what}\u2028b\u2029c\u0085d\r\ne\u000bf\u000cg\u001ch`;
      const row = { system: text("s"), prompt: text("p"), preferred: text("r"), original: text("o") };
      const line = toLine(row);
      const ends = [..."\n\r\u0085\u2028\u2029\u000b\u000c\u001c"];
      expect(ends.filter((end) => line.includes(end))).toEqual([]);
      expect(JSON.stringify(JSON.parse(line))).toContain(JSON.stringify(text("p")));
    },
  );
});
