import type { Scope } from "../db/schema/keys.ts";

/** Who makes a request, and what they may do. */
export interface Caller {
  /** `public`: nobody was asked for, because the route is for everyone. */
  kind: "admin_key" | "key" | "public";
  /** Of the key; null where there is none. */
  id: string | null;
  /** What is recorded of who decided. */
  name: string;
  scopes: readonly Scope[];
  /** The session of the browser by which they came, as the database names it; null for those who sent a key. */
  session: string | null;
}

export const PUBLIC: Caller = { kind: "public", id: null, name: "public", scopes: [], session: null };

export function mayUse({ scopes }: Pick<Caller, "scopes">, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes("admin");
}
