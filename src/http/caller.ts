import type { Scope } from "../db/schema/keys.ts";

/** Who makes a request, and what they may do. */
export interface Caller {
  /** `person`: came by Cloudflare Access. `public`: nobody was asked for, because the route is for everyone. */
  kind: "admin_key" | "key" | "person" | "public";
  /** Of the key or the person; null where there is none. */
  id: string | null;
  /** What is recorded of who decided: a key's name, a person's e-mail address. */
  name: string;
  scopes: readonly Scope[];
  /** The session of the browser by which they came, as the database names it; null for those who sent a key. */
  session: string | null;
}

export const PUBLIC: Caller = { kind: "public", id: null, name: "public", scopes: [], session: null };

/** Whoever reviews sees what is reviewed: `review` includes `read`, as `admin` includes all. */
export function mayUse({ scopes }: Pick<Caller, "scopes">, scope: Scope): boolean {
  return scopes.includes(scope) || scopes.includes("admin") || (scope === "read" && scopes.includes("review"));
}
