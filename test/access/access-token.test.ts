import { env } from "cloudflare:test";
import { beforeAll, describe, expect, it } from "vitest";
import { toBase64Url } from "../../src/lib/base64url.ts";
import { hmacKey } from "../../src/lib/secrets.ts";
import { DAY, HOUR, SECOND } from "../../src/lib/time.ts";
import { AUDIENCE, aSigner, aWorldBehindAccess, claimsOf, type Signer, TEAM, withToken } from "./a-team.ts";

let ours: Signer;
let strangers: Signer;

beforeAll(async () => {
  [ours, strangers] = await Promise.all([aSigner("ours"), aSigner("ours")]);
});

const ADA = "ada@example.com";
const part = (value: object) => toBase64Url(new TextEncoder().encode(JSON.stringify(value)));

describe("a token of Cloudflare Access", () => {
  it("lets a person in where its key, issuer, audience and time are right", async () => {
    const { world, team } = aWorldBehindAccess([ours]);
    const send = withToken(world, await ours.sign(claimsOf(world, ADA)));
    expect((await send("GET", "/v1/failure-categories")).status).toBe(200);
    const page = await send("GET", "/", undefined, { accept: "text/html" });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(ADA);
    expect(team.asked).toEqual([`https://${TEAM}/cdn-cgi/access/certs`]);
  });

  it("may be for one audience of several, here and there", async () => {
    const { world } = aWorldBehindAccess([ours], { ACCESS_AUDIENCE: `${"b".repeat(64)} ${AUDIENCE}` });
    for (const aud of [AUDIENCE, [AUDIENCE], ["c".repeat(64), "b".repeat(64)]]) {
      const send = withToken(world, await ours.sign(claimsOf(world, ADA, { aud })));
      expect((await send("GET", "/v1/failure-categories")).status).toBe(200);
    }
  });

  it("is refused where anything about it is wrong", async () => {
    const { world } = aWorldBehindAccess([ours]);
    const now = Math.floor(world.now / SECOND);
    const claims = claimsOf(world, ADA);
    const signed = await ours.sign(claims);
    const [head = "", body = "", signature = ""] = signed.split(".");
    const hs256 = async (secret: Uint8Array) => {
      const text = `${part({ alg: "HS256", kid: "ours" })}.${body}`;
      const mac = await crypto.subtle.sign("HMAC", await hmacKey(secret), new TextEncoder().encode(text));
      return `${text}.${toBase64Url(new Uint8Array(mac))}`;
    };
    const publicKey = new TextEncoder().encode(JSON.stringify(ours.jwk));
    const modulus = new TextEncoder().encode(ours.jwk.n);
    const { exp: _, ...endless } = claims;
    const { aud: __, ...forAnybody } = claims;
    const wrong: Record<string, string> = {
      "another's key of the same name": await strangers.sign(claims),
      "a key nobody knows": await strangers.sign(claims, { alg: "RS256", kid: "theirs" }),
      "no key named": await ours.sign(claims, { alg: "RS256" }),
      "another audience": await ours.sign({ ...claims, aud: ["c".repeat(64)] }),
      "no audience": await ours.sign(forAnybody),
      "an empty audience": await ours.sign({ ...claims, aud: [] }),
      "another team": await ours.sign({ ...claims, iss: "https://other.cloudflareaccess.com" }),
      "the team's name as a prefix": await ours.sign({ ...claims, iss: `https://${TEAM}.evil.example` }),
      expired: await ours.sign({ ...claims, iat: now - 7_200, nbf: now - 7_200, exp: now - 10 }),
      "without an end": await ours.sign(endless),
      "an end in words": await ours.sign({ ...claims, exp: "never" }),
      "not yet valid": await ours.sign({ ...claims, nbf: now + 60 }),
      "given in the future": await ours.sign({ ...claims, iat: now + 60 }),
      "of Access itself": await ours.sign({ ...claims, type: "org" }),
      "alg none": `${part({ alg: "none", kid: "ours" })}.${body}.`,
      "alg none, with a signature": `${part({ alg: "none", kid: "ours" })}.${body}.${signature}`,
      "alg in other letters": await ours.sign(claims, { alg: "nOnE", kid: "ours" }),
      "no alg": await ours.sign(claims, { kid: "ours" }),
      "HS256 with the public key": await hs256(publicKey),
      "HS256 with its modulus": await hs256(modulus),
      "HS256 with nothing": await hs256(new Uint8Array(1)),
      "RS512 in name": await ours.sign(claims, { alg: "RS512", kid: "ours" }),
      "with what must be understood": await ours.sign(claims, { alg: "RS256", kid: "ours", crit: ["exp"] }),
      "its own key": await strangers.sign(claims, { alg: "RS256", kid: "ours", jwk: strangers.jwk } as object),
      "no signature": `${head}.${body}.`,
      "one bit of the signature": `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`,
      "another body": `${head}.${part({ ...claims, email: "eve@example.com" })}.${signature}`,
      "two parts": `${head}.${body}`,
      "four parts": `${signed}.x`,
      "no token": "nonsense",
      dots: "..",
      long: `${"a".repeat(4_000)}.b.c`,
    };
    for (const [what, token] of Object.entries(wrong)) {
      const answer = await withToken(world, token)("GET", "/v1/failure-categories");
      expect(answer.status, what).toBe(401);
      expect(((await answer.json()) as { detail: string }).detail, what).toBe(
        "The token of Cloudflare Access is not valid.",
      );
      const page = await withToken(world, token)("GET", "/", undefined, { accept: "text/html" });
      expect(page.status, what).toBe(401);
    }
    expect((await withToken(world, signed)("GET", "/v1/failure-categories")).status).toBe(200);
    expect((await world.call("GET", "/v1/failure-categories", undefined, { authorization: "" })).status).toBe(401);
    const { results } = await env.DB.prepare("select email from people where email like 'eve%'").all();
    expect(results).toEqual([]);
  });

  it("holds to the second that it says", async () => {
    const { world } = aWorldBehindAccess([ours]);
    const send = withToken(world, await ours.sign(claimsOf(world, ADA)));
    world.now += HOUR;
    expect((await send("GET", "/v1/failure-categories")).status).toBe(200);
    world.now += 6 * SECOND;
    expect((await send("GET", "/v1/failure-categories")).status).toBe(401);
  });

  it("is nothing to a Redraft that is not behind Access, nor to one that names no audience", async () => {
    const without: Record<string, string>[] = [
      { ACCESS_TEAM_DOMAIN: "", ACCESS_AUDIENCE: "" },
      { ACCESS_TEAM_DOMAIN: "" },
    ];
    for (const vars of without) {
      const { world, team } = aWorldBehindAccess([ours], vars);
      const send = withToken(world, await ours.sign(claimsOf(world, ADA)));
      expect((await send("GET", "/v1/failure-categories")).status).toBe(401);
      expect(team.asked).toEqual([]);
    }
    expect(() => aWorldBehindAccess([ours], { ACCESS_AUDIENCE: "" })).toThrow("ACCESS_AUDIENCE");
  });

  it("of a service lets nobody in: it has no address, and sends a key", async () => {
    const { world } = aWorldBehindAccess([ours]);
    for (const email of [undefined, "", "no address"]) {
      const claims = { ...claimsOf(world, ADA), email, common_name: "e367826f.access", sub: "" };
      const send = withToken(world, await ours.sign(claims));
      expect((await send("GET", "/v1/failure-categories")).status).toBe(401);
    }
  });
});

describe("the team's keys", () => {
  const reads = async (at: ReturnType<typeof aWorldBehindAccess>, signer: Signer, kid = signer.jwk.kid) => {
    const token = await signer.sign(claimsOf(at.world, ADA), { alg: "RS256", kid });
    return (await withToken(at.world, token)("GET", "/v1/failure-categories")).status;
  };

  it("are read once an hour, and at once where a new one is used, but at most twice a minute", async () => {
    const next = await aSigner("next");
    const signers = [ours];
    const at = aWorldBehindAccess(signers);
    for (let i = 0; i < 5; i++) expect(await reads(at, ours)).toBe(200);
    expect(at.team.asked).toHaveLength(1);
    signers.push(next);
    at.world.now += 31 * SECOND;
    expect(await reads(at, next)).toBe(200);
    expect(at.team.asked).toHaveLength(2);
    for (let i = 0; i < 20; i++) expect(await reads(at, strangers, `made-up-${i}`)).toBe(401);
    expect(at.team.asked).toHaveLength(2);
    at.world.now += HOUR;
    expect(await reads(at, ours)).toBe(200);
    expect(at.team.asked).toHaveLength(3);
  });

  it("that the team withdrew open nothing after an hour", async () => {
    const signers = [ours, await aSigner("other")];
    const at = aWorldBehindAccess(signers);
    expect(await reads(at, ours)).toBe(200);
    signers.shift();
    at.world.now += HOUR;
    expect(await reads(at, ours)).toBe(401);
  });

  it("count for a day while they cannot be read, and without them nobody is let in", async () => {
    const at = aWorldBehindAccess([ours]);
    const { certs } = at.team;
    at.team.certs = () => new Response("down", { status: 500 });
    expect(await reads(at, ours)).toBe(503);
    for (let i = 0; i < 5; i++) expect(await reads(at, ours)).toBe(503);
    expect(at.team.asked).toHaveLength(1);
    at.team.certs = certs;
    at.world.now += 31 * SECOND;
    expect(await reads(at, ours)).toBe(200);
    at.team.certs = () => Promise.reject(new Error("unreachable"));
    at.world.now += DAY - 2 * SECOND;
    expect(await reads(at, ours)).toBe(200);
    at.world.now += 31 * SECOND;
    expect(await reads(at, ours)).toBe(503);
  });

  it("are taken from the team's own answer alone, of a size and a kind that make sense", async () => {
    const weak = { ...ours.jwk, n: ours.jwk.n?.slice(0, 171) };
    const endless = () => new Response(`{"keys": [${`{"kid": "x"},`.repeat(10_000)}{}]}`);
    for (const [what, certs] of Object.entries<() => Response>({
      redirect: () => Response.redirect("https://evil.example/certs", 302),
      "not JSON": () => new Response("<html>"),
      "no list": () => Response.json({ public_cert: {} }),
      "an empty list": () => Response.json({ keys: [] }),
      weak: () => Response.json({ keys: [weak] }),
      "another kind": () => Response.json({ keys: [{ ...ours.jwk, kty: "oct", k: "AAAA" }] }),
      "another use": () => Response.json({ keys: [{ ...ours.jwk, use: "enc" }] }),
      "another algorithm": () => Response.json({ keys: [{ ...ours.jwk, alg: "RS512" }] }),
      "too large": endless,
    })) {
      const at = aWorldBehindAccess([ours]);
      at.team.certs = certs;
      expect(await reads(at, ours), what).toBe(503);
      expect(at.team.asked, what).toHaveLength(1);
    }
  });

  it("are not waited for longer than some seconds", async () => {
    const at = aWorldBehindAccess([ours]);
    at.team.certs = () => new Promise(() => undefined);
    const began = performance.now();
    expect(await reads(at, ours)).toBe(503);
    expect(performance.now() - began).toBeLessThan(6_000);
  });
});
