/**
 * Where to go after signing in: a path of ours, never another site. It is read as a browser reads it, which drops tabs
 * and newlines and takes backslashes for slashes; and what it comes to must not begin another host when it is read again.
 * @param own our origin
 */
export function localPath(next: string | undefined, own: string): string {
  if (next === undefined || !URL.canParse(next, own)) return "/";
  const { origin, pathname, search, hash } = new URL(next, own);
  // `blob:` has the origin of its maker and no path; `/.//host` comes to `//host`.
  const isOurs = origin === own && pathname.startsWith("/") && !pathname.startsWith("//");
  return isOurs ? pathname + search + hash : "/";
}
