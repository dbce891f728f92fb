import { describe, expect, it } from "vitest";
import { checkAnswer, MARKUP } from "../../dev/fuzz/check-answer.ts";
import { curlLine } from "../../dev/fuzz/curl.ts";
import { type Document, readDocument } from "../../dev/fuzz/document.ts";
import { readPage } from "../../dev/fuzz/pages.ts";
import type { Answer, FuzzRequest } from "../../dev/fuzz/request.ts";
import { shrink } from "../../dev/fuzz/shrink.ts";

const document: Document = {
  paths: {
    "/v1/things/{id}": {
      get: {
        responses: {
          "200": { content: { "application/json": { schema: { $ref: "#/components/schemas/Thing" } } } },
          "404": { content: { "application/problem+json": {} } },
        },
      },
    },
    "/v1/chat/completions": { post: { responses: { "400": {}, "502": {}, default: {} } } },
  },
  components: {
    schemas: { Thing: { type: "object", properties: { at: { type: "integer" } }, required: ["at"] } },
  },
};
const api = readDocument(document);

function request(given: Partial<FuzzRequest> = {}): FuzzRequest {
  const path = "/v1/things/1?x=2";
  return { route: "GET /v1/things/{id}", method: "GET", path, headers: [], body: null, chunked: false, ...given };
}

function answer(status: number, body: unknown, type = "application/json", given: Partial<Answer> = {}): Answer {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return { status, headers: { "content-type": type }, body: bytes, ms: 1, fault: null, ...given };
}

const problem = (status: number) => ({ type: "about:blank", title: "No", status, detail: "Not that." });
const PROBLEM = "application/problem+json";

const kindOf = (asked: FuzzRequest, given: Answer) => checkAnswer(api, asked, given)?.kind ?? null;

describe("what counts as a finding", () => {
  it("is not an answer that the document has", () => {
    expect(kindOf(request(), answer(200, { at: 1 }))).toBeNull();
    expect(kindOf(request(), answer(404, problem(404), PROBLEM))).toBeNull();
    const chat = request({ method: "POST", path: "/v1/chat/completions" });
    const refused = { error: { message: "gone", type: "server_error" } };
    expect(kindOf(chat, answer(502, refused))).toBeNull();
    expect(kindOf(chat, answer(404, refused))).toBeNull();
    expect(kindOf(chat, answer(500, refused))).toBe("server error");
  });

  it("is a server error that is not documented", () => {
    expect(kindOf(request(), answer(500, problem(500), PROBLEM))).toBe("server error");
    expect(kindOf(request({ path: "/nowhere" }), answer(500, problem(500), PROBLEM))).toBe("server error");
  });

  it("is no answer in time, or none at all", () => {
    expect(kindOf(request(), answer(0, "", "", { fault: "no answer in time" }))).toBe("hang");
    expect(kindOf(request(), answer(0, "", "", { fault: "socket hang up" }))).toBe("broken");
  });

  it("is an error without problem details, or with other details than its status", () => {
    expect(kindOf(request(), answer(404, "no such thing", "text/plain"))).toBe("no problem document");
    expect(kindOf(request(), answer(404, problem(400), PROBLEM))).toBe("no problem document");
    expect(kindOf(request(), answer(404, "<p>", "text/html"))).toBe("no problem document");
    const chat = request({ method: "POST", path: "/v1/chat/completions" });
    expect(kindOf(chat, answer(400, problem(400), PROBLEM))).toBe("no problem document");
  });

  it("is a status, a content type or a body that the document does not have", () => {
    expect(kindOf(request(), answer(409, problem(409), PROBLEM))).toBe("undocumented");
    expect(kindOf(request(), answer(200, "at 1", "text/plain"))).toBe("schema");
    expect(kindOf(request(), answer(200, { at: "1" }))).toBe("schema");
    expect(kindOf(request({ method: "HEAD" }), answer(409, "", ""))).toBe("undocumented");
  });

  it("is a page that holds markup somebody sent", () => {
    expect(kindOf(request({ path: "/" }), answer(200, `<p>${MARKUP}</p>`, "text/html"))).toBe("unescaped");
    expect(kindOf(request({ path: "/" }), answer(200, "<p>&lt;x-fuzz</p>", "text/html"))).toBeNull();
  });
});

describe("shrinking", () => {
  it("does not lose the part that matters, nor keep one that does not", async () => {
    const given = request({
      path: "/v1/things?a=1&bad=%00&c=3",
      headers: [
        ["x-one", "1"],
        ["x-bad", "2"],
      ],
      body: Buffer.from(JSON.stringify({ keep: ["long text, BAD, and more"], other: { deep: [1, 2, 3] } })),
    });
    const still = async ({ path, headers, body }: FuzzRequest) =>
      path.includes("bad=") && headers.some(([name]) => name === "x-bad") && (body?.includes("BAD") ?? false);
    const smallest = await shrink(given, still, 200);
    expect(smallest.path).toBe("/v1/things?bad=%00");
    expect(smallest.headers).toEqual([["x-bad", "2"]]);
    expect(smallest.body?.toString().length).toBeLessThan(30);
    expect(await still(smallest)).toBe(true);
  });
});

describe("the command of a finding", () => {
  it("does not let a quote in a body end the quoting", () => {
    const line = curlLine("http://w", request({ method: "POST", body: Buffer.from("it's") }), "/tmp");
    expect(line).toContain("--data-raw 'it'\\''s'");
  });

  it("does not lose bytes that no argument can hold", () => {
    const line = curlLine("http://w", request({ method: "POST", body: Buffer.from([0x61, 0, 0xff, 0x27]) }), "/tmp");
    expect(line).toMatch(/^printf 'a\\000\\377\\047' \| curl .*--data-binary @-$/);
  });

  it("does not let curl say that a body without a type is a form", () => {
    const line = curlLine("http://w", request({ method: "POST", body: Buffer.from("{}") }), "/tmp");
    expect(line).toContain("-H 'content-type:'");
  });
});

describe("reading a page", () => {
  it("does not miss a link, a hidden field or a choice", () => {
    const html =
      '<a class="x" href="/exports/1?a=1&amp;b=2">x</a><a href="https://example.com/">out</a>' +
      '<form method="post" action="/review"><input type="hidden" name="version" value="3"/>' +
      '<select name="kind"><option value="a">A</option><option>b</option></select>' +
      '<textarea name="note">it&#39;s</textarea><button name="decision" value="approve">Yes</button></form>';
    const { links, forms } = readPage(html, "/");
    expect(links).toEqual(["/exports/1?a=1&b=2"]);
    expect(forms).toEqual([
      {
        method: "POST",
        action: "/review",
        fields: [
          { name: "version", values: ["3"] },
          { name: "kind", values: ["a", "b"] },
          { name: "note", values: ["it's"] },
          { name: "decision", values: ["approve"] },
        ],
      },
    ]);
  });
});
