import { type Finder, type Found, found } from "./kinds.ts";

const IPV4 = /(?<![\w.])(?<!\b[Vv](?:ersion|er)?\.? ?)(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g;
// A label may stand before it ("IP:2001:db8::1"); a letter beyond F tells its colon from one of the address.
const IPV6 = /(?<![\w.]|[\da-f:]:)(?<!^:)[\da-f:]{2,39}(?::(?:\d{1,3}\.){3}\d{1,3})?(?![\w:]|\.\d)/gi;

/** IP addresses, version 4 and 6, except those that name no one: loopback, unspecified, netmasks. */
export function findIps(text: string): Found[] {
  const ips = [...text.matchAll(IPV6)].flatMap((match) => {
    // A colon of the sentence: "from 2001:db8::1: it fails".
    const address = match[0].replace(/(?<!:):$/, "");
    return isIpv6(address) ? [found(match.index, address, address.toLowerCase())] : [];
  });
  let next = 0;
  const v6 = ips.length;
  for (const match of text.matchAll(IPV4)) {
    while (next < v6 && (ips[next]?.end ?? 0) <= match.index) next++;
    const insideV6 = next < v6 && (ips[next]?.start ?? 0) < match.index;
    if (!insideV6 && isIpv4(match[0])) ips.push(found(match.index, match[0], match[0]));
  }
  return ips.sort((a, b) => a.start - b.start);
}

// Of version 4; of version 6, shortened or with all its groups.
export const IPS: Finder = {
  kind: "ip",
  sign: /\d(?:\.\d{1,3}){3}|:(?::|(?:[\dA-Fa-f]{1,4}:){5})/u,
  find: findIps,
};

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  if (parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith("0")))) return false;
  return !["0", "127", "255"].includes(parts[0] ?? "");
}

function isIpv6(text: string): boolean {
  // A clock time or a scope ("std::") looks alike: an address has eight groups, or one gap and some digits.
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return false;
  const groups = [...head.split(":"), ...(tail ?? "").split(":")].filter((group) => group !== "");
  const dotted = groups.at(-1)?.includes(".") ? groups.pop() : undefined;
  if (dotted !== undefined && !isIpv4(dotted)) return false;
  if (groups.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return false;
  if (/^:[^:]|[^:]:$/.test(text)) return false;
  const count = groups.length + (dotted === undefined ? 0 : 2);
  if (tail === undefined) return count === 8;
  // "Face::Feed" is a scope of a program; of words that are hexadecimal by chance there are hardly three in a row.
  return count >= 2 && count <= 7 && (/\d/.test(text) || count >= 3);
}
