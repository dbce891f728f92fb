const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/**
 * Whether a request may change something by a browser's cookie alone: it came from one of our own pages, or its user
 * typed it (`none`), and neither header says otherwise. What only reads may come from anywhere, so that links to us work.
 *
 * All browsers send one of the two headers with what is not safe. `Origin: null` says nothing here: our pages send no
 * referrer, and so their forms no origin; the same value from elsewhere is told by `Sec-Fetch-Site`, or refused.
 */
export function isFromOurPages({ method, url, headers }: Request): boolean {
  if (SAFE_METHODS.includes(method)) return true;
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const isOurOrigin = origin === new URL(url).origin;
  if (site === null) return isOurOrigin;
  return (site === "same-origin" || site === "none") && (isOurOrigin || origin === null || origin === "null");
}
