/**
 * Text as it is stored: lone surrogates and NUL become U+FFFD, because neither survives UTF-8 and SQLite.
 * Nothing else is changed: customers' words are kept as they were sent.
 */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** A label (topic, category, channel): one spelling of each character, no stray white space. */
export function label(text: string): string {
  return storable(text).normalize("NFKC").replace(/\s+/gu, " ").trim();
}

/** A text on one line, without stray white space. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** SHA-256 of a text, as lower-case hex. */
export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The beginning of a placeholder such as `[EMAIL_1]`, at the end of a text. */
const HALF_PLACEHOLDER = /\[[A-Z_]{0,20}\d{0,6}$/;

/**
 * The first `max` characters of a text, with an ellipsis where something was cut; never half a surrogate pair, nor half
 * a placeholder.
 */
export function excerpt(text: string, max: number): string {
  if (text.length <= max) return text;
  const whole = text.slice(0, max - 1).toWellFormed();
  return `${whole
    .replace(/\uFFFD$/u, "")
    .replace(HALF_PLACEHOLDER, "")
    .trimEnd()}…`;
}

/** JSON with the keys of every object in order, so that equal values give equal texts. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
