import { toBase64Url } from "../lib/base64url.ts";
import { hmacKey } from "../lib/secrets.ts";
import type { Services } from "../services.ts";

/** Of an IPv6 address: what one customer of a provider's is given, who may come from any address in it. */
const IPV6_GROUPS = 4;

/**
 * The address a request comes from, as a hash that tells addresses apart and leads back to none without ADMIN_KEY.
 * Cloudflare says the address; what a caller sends by that name does not reach the Worker.
 */
export async function hashedAddress({ config }: Pick<Services, "config">, request: Request): Promise<string> {
  const address = request.headers.get("cf-connecting-ip") ?? "";
  const key = await hmacKey(new TextEncoder().encode(config.ADMIN_KEY));
  const text = new TextEncoder().encode(`redraft: address ${networkOf(address)}`);
  return toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", key, text)));
}

/** An IPv4 address, or the first 64 bits of an IPv6 address in one spelling. */
export function networkOf(address: string): string {
  if (!URL.canParse(`http://[${address}]/`)) return address;
  const { hostname } = new URL(`http://[${address}]/`);
  const [head = "", tail] = hostname.slice(1, -1).split("::");
  const [first, last] = [head, tail].map((part) => (part ? part.split(":") : []));
  const zeros = tail === undefined ? 0 : 8 - (first?.length ?? 0) - (last?.length ?? 0);
  const groups = [...(first ?? []), ...Array.from({ length: zeros }, () => "0"), ...(last ?? [])];
  return `${groups.slice(0, IPV6_GROUPS).join(":")}::/64`;
}
