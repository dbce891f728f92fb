import type { MiddlewareHandler } from "hono";

/** Nothing inline, nothing from elsewhere, no framing. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** On every answer. */
export const SECURITY_HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=15552000; includeSubDomains",
};
const ALWAYS = Object.entries(SECURITY_HEADERS);

/** What only matters to what a browser shows as a page. */
const PAGES: [string, string][] = [
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["origin-agent-cluster", "?1"],
  ["x-frame-options", "DENY"],
];

/** Each header costs time on every answer, so the API sends those that mean something there. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const { headers } = c.res;
  for (const [name, value] of ALWAYS) headers.set(name, value);
  if (c.req.path.startsWith("/v1/")) return;
  for (const [name, value] of PAGES) headers.set(name, value);
};
