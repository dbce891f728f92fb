import { expect, it } from "vitest";
import { localPath } from "../../src/http/return-address.ts";

const OWN = "https://redraft.test";

/** Spellings of addresses elsewhere, and of none: browsers drop tabs and newlines, and read backslashes as slashes. */
const ELSEWHERE = [
  undefined,
  "",
  "https://evil.example",
  "https://evil.example/",
  "HTTPS://EVIL.EXAMPLE",
  "http://redraft.test/",
  "https://redraft.test:8443/",
  "https://redraft.test.evil.example/",
  "https://redraft.test@evil.example/",
  "//evil.example",
  "///evil.example",
  "////evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "\\/evil.example",
  "/\t/evil.example",
  "\t//evil.example",
  "/\n//evil.example",
  "/\r/evil.example",
  "\n/\r\n/\tevil.example",
  " //evil.example",
  "\0//evil.example",
  "/\t\\evil.example",
  "/.//evil.example",
  "/..//evil.example",
  "/x/..//evil.example",
  "/%2e//evil.example",
  "/.\\\\evil.example",
  "./\\evil.example",
  "ht\ntps://evil.example",
  "javascript:alert(1)",
  "java\tscript:alert(1)",
  "data:text/html,hi",
  "blob:https://redraft.test/0190",
  "https://",
  "//",
  "https://[",
];

it.each(ELSEWHERE)("%j sends nobody elsewhere after signing in", (next) => {
  const path = localPath(next, OWN);
  expect(new URL(path, OWN).origin).toBe(OWN);
  expect(path).toMatch(/^\/(?!\/)/);
  expect(path).not.toMatch(/evil\.example$/);
});

it.each([
  ["/improvements/1?x=2", "/improvements/1?x=2"],
  ["/?q=caf%C3%A9&sort=newest", "/?q=caf%C3%A9&sort=newest"],
  ["/fine-tunes/1#compare", "/fine-tunes/1#compare"],
  ["/clusters/a%2F%2Fb", "/clusters/a%2F%2Fb"],
  ["/?next=//evil.example/x", "/?next=//evil.example/x"],
  ["https://redraft.test/runs", "/runs"],
  ["https:runs", "/runs"],
  ["/\truns", "/runs"],
])("%j leads back to %j", (next, path) => {
  expect(localPath(next, OWN)).toBe(path);
});
