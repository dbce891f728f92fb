import { z } from "zod";
import { fromBase64Url } from "../lib/base64url.ts";
import { SECOND } from "../lib/time.ts";

/** Clocks may differ by this much. */
const LEEWAY_MS = 5 * SECOND;

const header = z.object({ alg: z.literal("RS256"), kid: z.string().min(1).max(200), crit: z.never().optional() });

const list = z.array(z.string()).optional().catch(undefined);

const claims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  iat: z.number(),
  nbf: z.number().optional(),
  /** `org` is the token of Access itself. */
  type: z.literal("app").optional(),
  /** None: a service's. */
  email: z.string().optional(),
  /** Where Access was told to put the identity provider's groups into its tokens. */
  groups: list,
  custom: z.object({ groups: list }).optional().catch(undefined),
});
export type AccessClaims = z.infer<typeof claims>;

/** Why a token is no way in, for the log. */
export type TokenRefusal =
  | "malformed"
  | "wrong_issuer"
  | "wrong_audience"
  | "expired"
  | "not_yet_valid"
  | "unknown_key"
  | "wrong_signature";

interface Expected {
  issuer: string;
  audiences: string[];
  now: number;
  /** The public key of this name. It is used for RS256 alone, whatever else the token says of itself. */
  keyOf: (kid: string) => Promise<CryptoKey | null>;
}

/**
 * Checks a token of Cloudflare Access: a JSON Web Token (RFC 7519) that is signed by RS256. What can be refused by looking
 * at it is refused before a key is looked for.
 */
export async function checkAccessToken(
  token: string,
  { issuer, audiences, now, keyOf }: Expected,
): Promise<{ claims: AccessClaims } | { refusal: TokenRefusal }> {
  const [head = "", body = "", signature = "", ...more] = token.split(".");
  const said = header.safeParse(parsed(head));
  const claimed = claims.safeParse(parsed(body));
  const signed = fromBase64Url(signature);
  if (more.length > 0 || !said.success || !claimed.success || signed === undefined) return { refusal: "malformed" };
  const refusal = refuseClaims(claimed.data, issuer, audiences, now);
  if (refusal !== null) return { refusal };
  const key = await keyOf(said.data.kid);
  if (key === null) return { refusal: "unknown_key" };
  const bytes = new TextEncoder().encode(`${head}.${body}`);
  const isTrue = await crypto.subtle.verify("RSASSA-PKCS1-v1_5", key, signed, bytes);
  return isTrue ? { claims: claimed.data } : { refusal: "wrong_signature" };
}

function refuseClaims(
  { iss, aud, exp, nbf, iat }: AccessClaims,
  issuer: string,
  audiences: string[],
  now: number,
): TokenRefusal | null {
  if (iss !== issuer) return "wrong_issuer";
  if (![aud].flat().some((one) => audiences.includes(one))) return "wrong_audience";
  if (exp * SECOND <= now - LEEWAY_MS) return "expired";
  return Math.max(nbf ?? iat, iat) * SECOND > now + LEEWAY_MS ? "not_yet_valid" : null;
}

/** A part of a token; undefined for what is none. */
function parsed(part: string): unknown {
  const bytes = fromBase64Url(part);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
