import type { Verdict } from "./fault.ts";
import type { SaidError } from "./read-error.ts";
import type { Limits } from "./read-limits.ts";

/** An error as the table sees it. */
export interface Seen {
  /** The body's own status where the outer one hides it; 200 for an error in an answer that began well. */
  status: number;
  said: SaidError;
  limits: Limits;
  /** The request's parameter that is complained of. */
  parameter: string | null;
}

/** One line of the table of faults. */
export interface Row {
  is: Verdict;
  /** The reason, in our words. */
  says: string;
  /** Only for these; without it for all. */
  status?: number[] | ((status: number) => boolean);
  /** Any one of the following makes it fit; a row with none of them goes by the status alone. */
  codes?: string[];
  cloudflare?: string[];
  text?: RegExp;
  when?: (seen: Seen) => boolean;
}

/** Whether a row fits what was seen. */
export function fits({ status, codes, cloudflare, text, when }: Row, seen: Seen): boolean {
  const { said } = seen;
  const statusFits = Array.isArray(status) ? status.includes(seen.status) : (status?.(seen.status) ?? true);
  if (!statusFits) return false;
  if (!codes && !cloudflare && !text && !when) return true;
  return (
    said.codes.some((code) => codes?.includes(code) || (said.fromCloudflare && cloudflare?.includes(code))) ||
    // A page in HTML is not the provider's word but of something in front of it.
    (!said.html && text?.test(said.message) === true) ||
    when?.(seen) === true
  );
}
