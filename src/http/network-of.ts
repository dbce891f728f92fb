/**
 * The network that a request comes from: an IPv4 address, or the half of an IPv6 address that names one; nobody has only
 * one of the other half. Cloudflare alone writes the header; others are the caller's word. Without it, as where one
 * Worker calls another, all count as one.
 */
export function networkOf(headers: Headers): string {
  const address = headers.get("cf-connecting-ip") ?? "";
  if (!address.includes(":")) return address;
  // IPv4 in IPv6's clothes.
  const [v4] = /\d+\.\d+\.\d+\.\d+$/.exec(address) ?? [];
  if (v4 !== undefined) return v4;
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const last = tail === "" ? [] : tail.split(":");
    groups.push(...Array(Math.max(0, 8 - groups.length - last.length)).fill("0"), ...last);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
