import { toBase64Url } from "../../src/lib/base64url.ts";
import { SECOND } from "../../src/lib/time.ts";
import { createWorld, type World } from "../support/world.ts";

export const TEAM = "team.cloudflareaccess.com";
export const AUDIENCE = "a".repeat(64);

const RS256 = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

const encoded = (value: object | string) =>
  toBase64Url(new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)));

/** Signs with a key that no team has, unless it is told to the world. */
export async function aSigner(kid: string) {
  const made = await crypto.subtle.generateKey(
    { ...RS256, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  );
  const { privateKey, publicKey } = made as CryptoKeyPair;
  const jwk = (await crypto.subtle.exportKey("jwk", publicKey)) as JsonWebKey;
  return {
    jwk: { ...jwk, kid, alg: "RS256", use: "sig", key_ops: undefined },
    async sign(claims: object, header: object = { alg: "RS256", kid, typ: "JWT" }) {
      const text = `${encoded(header)}.${encoded(claims)}`;
      const bytes = await crypto.subtle.sign(RS256.name, privateKey, new TextEncoder().encode(text));
      return `${text}.${toBase64Url(new Uint8Array(bytes))}`;
    },
  };
}
export type Signer = Awaited<ReturnType<typeof aSigner>>;

/** What Access says of a person in a token that it gives now. */
export function claimsOf(world: World, email: string, more: object = {}) {
  const now = Math.floor(world.now / SECOND);
  return {
    ...{ aud: [AUDIENCE], email, iss: `https://${TEAM}`, type: "app", sub: "7335d417", country: "US" },
    ...{ iat: now, nbf: now, exp: now + 3_600, ...more },
  };
}

/** A Redraft behind a team's Access, whose keys are these signers'. `certs` says what the team's domain answers. */
export function aWorldBehindAccess(signers: Signer[], vars: Record<string, string> = {}) {
  const world = createWorld({ vars: { ACCESS_TEAM_DOMAIN: TEAM, ACCESS_AUDIENCE: AUDIENCE, ...vars } });
  const asked: string[] = [];
  const team = {
    asked,
    certs: (): Response | Promise<Response> => Response.json({ keys: signers.map(({ jwk }) => jwk) }),
  };
  world.services.fetch = async (input) => {
    asked.push(String(input));
    return team.certs();
  };
  return { world, team };
}

/** Calls with a token of Access, as Cloudflare hands a request on; nothing else is sent. */
export function withToken(world: World, token: string) {
  return (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    world.call(method, path, body, {
      authorization: "",
      "cf-access-jwt-assertion": token,
      "sec-fetch-site": "same-origin",
      ...headers,
    });
}
