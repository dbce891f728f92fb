/** Where some readers end a line (Python's `splitlines`, Java's and older JavaScript's), and JSON does not. */
const LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** JSON on one line, without its line feed, for readers of every kind. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(LINE_ENDS, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
