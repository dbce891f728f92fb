import { env } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { accessOfEach } from "../../src/http/needs.ts";
import { createWorld, KEY } from "../support/world.ts";
import { AUDIENCE, aSigner, claimsOf, TEAM } from "./a-team.ts";

const OWN = "https://redraft.test";
const ID = "01920000-0000-7000-8000-000000000000";

const world = createWorld({
  vars: { ACCESS_TEAM_DOMAIN: TEAM, ACCESS_AUDIENCE: AUDIENCE, ACCESS_ROLES: "*=admin" },
});
const app = createApp(() => world.services);

/** What can change something; what a provider signs is not sent by browsers. */
const changing = accessOfEach(app.routes).filter(
  ({ method, path }) => !["GET", "HEAD"].includes(method) && path !== "/v1/fine-tunes/webhook",
);
const pages = changing.filter(({ path }) => !path.startsWith("/v1/"));

const addressOf = (path: string) => path.replace(":change{cancel|rebuild|delete}", "cancel").replace(/:\w+/g, ID);

/** All kinds of body that a form, a script or a beacon of another site can send, and some that none can. */
const BODIES: [string, string][] = [
  ["application/x-www-form-urlencoded", "decision=approve&version=1"],
  ["multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n'],
  ["text/plain", '{"decision":"approve","a":"=1"}'],
  ["application/json", "{}"],
  ["application/x-ndjson", "{}\n"],
  ["application/octet-stream", "\0"],
  ["", ""],
];

/** How a browser says that another site sends it; an old one says nothing. */
const FOREIGN: Record<string, string>[] = [
  { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
  { origin: "https://other.redraft.test", "sec-fetch-site": "same-site" },
  { origin: "null", "sec-fetch-site": "cross-site" },
  { origin: "null" },
  {},
];

const send = (method: string, path: string, headers: Record<string, string>, body: string) =>
  app.request(`${OWN}${addressOf(path)}`, { method, headers, body: body === "" ? undefined : body }, env);

/** What browsers bring along by themselves, by the way their owner came in. */
const owners: Record<string, Record<string, string>> = {};

beforeAll(async () => {
  const signer = await aSigner("ours");
  world.services.fetch = async () => Response.json({ keys: [signer.jwk] });
  const signedIn = await send(
    ...(["POST", "/sign-in", { origin: OWN, "content-type": "application/x-www-form-urlencoded" }] as const),
    `key=${KEY}`,
  );
  owners.session = { cookie: signedIn.headers.get("set-cookie")?.split(";")[0] ?? "" };
  owners.person = { "cf-access-jwt-assertion": await signer.sign(claimsOf(world, "ada@example.com")) };
});

describe("every form, and every call that changes something", () => {
  it("is among those that are tried here", () => {
    expect(pages.length).toBeGreaterThan(20);
    expect(changing.length).toBeGreaterThan(50);
  });

  it.each(["session", "person"])(
    "refuses what another site sends by a browser's %s, whatever the kind of body",
    async (owner) => {
      const by = owners[owner] ?? {};
      for (const { method, path } of changing) {
        for (const [i, [type, body]] of BODIES.entries()) {
          // Each kind of body from two of them; all come with every form.
          for (const from of [FOREIGN[i % FOREIGN.length], FOREIGN[(i + 2) % FOREIGN.length]]) {
            const headers = { ...by, ...from, ...(type !== "" && { "content-type": type }) };
            const answer = await send(method, path, headers, body);
            const shown = `${method} ${path} ${type} ${JSON.stringify(from)}`;
            expect(answer.status, shown).toBe(403);
            expect(await answer.text(), shown).toContain("not sent from one of our own pages");
          }
        }
      }
      // Nothing was signed out, and the same from our own pages would be let through.
      for (const { method, path } of changing.filter(({ path }) => !path.startsWith("/sign-"))) {
        const own = { ...by, origin: OWN, "content-type": "application/x-www-form-urlencoded" };
        const answer = await send(method, path, own, "a=b");
        expect([401, 403, 500], `${method} ${path}: ${answer.status}`).not.toContain(answer.status);
      }
    },
    120_000,
  );
});
