import { describe, expect, it } from "vitest";
import { type Stored, whatToSend } from "../../src/http/conditions.ts";

const ETAG = '"abc-2"';
const AT = "Tue, 24 Nov 2026 10:00:00 GMT";
const BEFORE = "Tue, 24 Nov 2026 09:59:59 GMT";
const file: Stored = { size: 1000, etag: ETAG, modified: Date.parse(AT) + 789, fixed: true };
const shared: Stored = { ...file, fixed: false };

const ask = (headers: Record<string, string>, stored = file, method = "GET") =>
  whatToSend(new Headers(headers), method, stored);
const part = (start: number, end: number) => ({ send: "part", start, end });
const rest = { range: "bytes=10-" };

describe("what a download sends", () => {
  it.each([
    ["bytes=0-", { send: "whole" }],
    ["bytes=10-", part(10, 1000)],
    ["bytes=10-19", part(10, 20)],
    ["bytes=999-5000", part(999, 1000)],
    ["BYTES=-1", part(999, 1000)],
    ["bytes=-5000", part(0, 1000)],
    ["bytes=1000-", { send: "out_of_range" }],
    ["bytes=1000-1001", { send: "out_of_range" }],
    ["bytes=-0", { send: "out_of_range" }],
    ["bytes=5-4", { send: "whole" }],
    ["bytes=-", { send: "whole" }],
    ["bytes=1-2,4-5", { send: "whole" }],
    ["lines=1-2", { send: "whole" }],
    [`bytes=${"9".repeat(400)}-`, { send: "whole" }],
  ])("a range is what it says: %s", (range, sending) => {
    expect(ask({ range })).toEqual(sending);
  });

  it("an empty file has no part, and is no fault", () => {
    const empty = { ...file, size: 0 };
    expect(ask({ range: "bytes=-5" }, empty)).toEqual({ send: "whole" });
    expect(ask({ range: "bytes=1-" }, empty)).toEqual({ send: "out_of_range" });
  });

  it.each([
    [{}, { send: "unnamed" }],
    [{ "if-match": "*" }, { send: "unnamed" }],
    [{ "if-match": "unreadable" }, { send: "unnamed" }],
    [{ "if-unmodified-since": AT }, { send: "unnamed" }],
    [{ "if-match": ETAG }, part(10, 1000)],
    [{ "if-match": `"other", ${ETAG}` }, part(10, 1000)],
    [{ "if-match": '"other"' }, { send: "other" }],
    [{ "if-range": ETAG }, part(10, 1000)],
    [{ "if-range": `W/${ETAG}` }, { send: "whole" }],
    [{ "if-range": '"other"' }, { send: "whole" }],
    // Two files may be of the same second.
    [{ "if-range": AT }, { send: "whole" }],
    [{ "if-range": "unreadable" }, { send: "whole" }],
  ])("no part is sent from an address of many files to whoever does not name one: %o", (headers, sending) => {
    expect(ask({ ...rest, ...headers }, shared)).toEqual(sending);
  });

  it("whoever has every byte is told so, and whoever has more is not", () => {
    expect(ask({ range: "bytes=1000-" }, shared)).toEqual({ send: "out_of_range" });
    expect(ask({ range: "bytes=1001-" }, shared)).toEqual({ send: "unnamed" });
  });

  it("a date names a file where the address has one only", () => {
    expect(ask({ ...rest, "if-range": AT })).toEqual(part(10, 1000));
    expect(ask({ ...rest, "if-range": BEFORE })).toEqual({ send: "whole" });
  });

  it.each([
    [{ "if-match": `W/${ETAG}` }, "other"],
    [{ "if-match": "*", "if-unmodified-since": BEFORE }, "whole"],
    [{ "if-match": ETAG, "if-none-match": ETAG }, "unchanged"],
    [{ "if-unmodified-since": BEFORE }, "other"],
    [{ "if-unmodified-since": AT }, "whole"],
    [{ "if-unmodified-since": "Tuesday, 24-Nov-26 09:59:59 GMT" }, "other"],
    [{ "if-none-match": `"x", W/${ETAG}` }, "unchanged"],
    [{ "if-none-match": "*" }, "unchanged"],
    [{ "if-none-match": '"x"', "if-modified-since": AT }, "whole"],
    [{ "if-modified-since": AT }, "unchanged"],
    [{ "if-modified-since": "Tue Nov 24 10:00:00 2026" }, "unchanged"],
    [{ "if-modified-since": BEFORE }, "whole"],
    [{ "if-modified-since": "2026-11-24T10:00:00Z" }, "whole"],
  ])("conditions count in their order, and compare as they should: %o", (headers, send) => {
    expect(ask(headers)).toEqual({ send });
  });

  it("HEAD tells of the whole file", () => {
    expect(ask(rest, shared, "HEAD")).toEqual({ send: "whole" });
  });
});
