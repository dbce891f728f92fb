import { RedraftError } from "../lib/errors.ts";

export const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/**
 * Whether a request may change something by a browser's cookie alone: it came from one of our own pages, or its user
 * typed it (`none`), and neither header says otherwise. What only reads may come from anywhere, so that links to us work.
 *
 * Every browser sends at least one of the two headers with an unsafe request. `Origin: null` proves nothing: our own
 * forms send it, because our pages have no referrer. Then `Sec-Fetch-Site` decides; without it the request is refused.
 */
function isFromOurPages({ method, url, headers }: Request): boolean {
  if (SAFE_METHODS.includes(method)) return true;
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const isOurOrigin = origin === new URL(url).origin;
  if (site === null) return isOurOrigin;
  return (site === "same-origin" || site === "none") && (isOurOrigin || origin === null || origin === "null");
}

/** @throws RedraftError `forbidden` */
export function requireOwnPage(request: Request): void {
  if (!isFromOurPages(request)) throw new RedraftError("forbidden", "This was not sent from one of our own pages.");
}
