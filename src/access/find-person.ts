import { z } from "zod";
import type { Scope } from "../db/schema/keys.ts";
import type { AppContext } from "../http/app-env.ts";
import type { Caller } from "../http/caller.ts";
import { waitUntilOf } from "../http/wait-until.ts";
import { type Role, readRoleRules, roleOf } from "../lib/access-roles.ts";
import { RedraftError } from "../lib/errors.ts";
import { log } from "../lib/log.ts";
import { SECOND } from "../lib/time.ts";
import { accessKey } from "./access-keys.ts";
import { checkAccessToken } from "./access-token.ts";
import { isSignedOut, seePerson } from "./see-person.ts";

/** What a person of a role may do. */
export const SCOPES_OF: Record<Role, readonly Scope[]> = { viewer: ["read"], reviewer: ["review"], admin: ["admin"] };

/** Ends what Access itself knows of a browser; Cloudflare answers it, before the Worker. */
export const ACCESS_SIGN_OUT = "/cdn-cgi/access/logout";

interface Identity {
  /** In lower case. */
  email: string;
  name: string | null;
  groups: string[];
  /** When they signed in, or were given their token; milliseconds. */
  since: number;
}

/**
 * Who comes by Cloudflare Access, with the rights of their role; null where nobody does, where a service does, and for a
 * person who has no role here.
 * @throws RedraftError `unauthorized` for a token that does not hold, and after signing out everywhere
 */
export async function findPerson(c: AppContext): Promise<Caller | null> {
  const { services } = c.var;
  const { ACCESS_AUDIENCE, ACCESS_ROLES } = services.config;
  if (ACCESS_AUDIENCE.length === 0) return null;
  const identity = (await namedByRuntime(c)) ?? (await namedByToken(c));
  const role = identity && roleOf(readRoleRules(ACCESS_ROLES) ?? [], identity);
  if (!identity || !role) return null;
  const { email, name, since } = identity;
  const person = await seePerson(services, { email, name, since, role }, waitUntilOf(c));
  if (isSignedOut(person, since)) {
    throw new RedraftError("unauthorized", `You signed out everywhere. Sign in again by way of ${ACCESS_SIGN_OUT}.`);
  }
  return { kind: "person", id: person.id, name: person.email, scopes: SCOPES_OF[role], session: null };
}

const address = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .regex(/^[^\s@]+@[^\s@]+$/);
const group = z.union([z.string().transform((name) => [name]), z.looseObject({}).transform(namesOf)]);

/** Of `ctx.access`. An address that is none makes no person. */
const runtimeIdentity = z.object({
  email: address,
  name: z.string().max(200).optional().catch(undefined),
  iat: z.number().optional(),
  groups: z.array(group.catch([])).optional().catch(undefined),
});

function namesOf({ id, name }: Record<string, unknown>): string[] {
  return [id, name].filter((one) => typeof one === "string");
}

/** Where Access protects the Worker itself, Cloudflare has checked who comes, and there is no token. */
async function namedByRuntime(c: AppContext): Promise<Identity | null> {
  const { config, clock } = c.var.services;
  const access = accessContextOf(c);
  if (access === undefined || !config.ACCESS_AUDIENCE.includes(access.aud)) return null;
  const told = await access.getIdentity().catch((error: unknown) => {
    log.warn("access_identity_not_read", {}, error);
    throw new RedraftError("unavailable", "Cloudflare Access cannot say right now who you are. Try again.");
  });
  const { data: person } = runtimeIdentity.safeParse(told);
  if (person === undefined) return null;
  const since = person.iat === undefined ? clock() : person.iat * SECOND;
  return { email: person.email, name: person.name ?? null, groups: (person.groups ?? []).flat(), since };
}

function accessContextOf(c: AppContext): CloudflareAccessContext | undefined {
  try {
    return (c.executionCtx as ExecutionContext).access;
  } catch {
    // Called without an execution context (as a function, in a test).
    return undefined;
  }
}

/** Where Access protects a host name, each request carries a token, which anybody can send: it is checked. */
async function namedByToken(c: AppContext): Promise<Identity | null> {
  const { services } = c.var;
  const { ACCESS_TEAM_DOMAIN, ACCESS_AUDIENCE: audiences } = services.config;
  const token = c.req.header("cf-access-jwt-assertion");
  if (token === undefined || ACCESS_TEAM_DOMAIN === undefined) return null;
  const issuer = `https://${ACCESS_TEAM_DOMAIN}`;
  const keyOf = (kid: string) => accessKey(services, issuer, kid);
  const checked = await checkAccessToken(token, { issuer, audiences, now: services.clock(), keyOf });
  if ("refusal" in checked) {
    log.warn("access_token_refused", { code: checked.refusal });
    throw new RedraftError("unauthorized", "The token of Cloudflare Access is not valid.");
  }
  const { claims } = checked;
  const { data: email } = address.safeParse(claims.email);
  if (email === undefined) return null;
  const groups = [...(claims.groups ?? []), ...(claims.custom?.groups ?? [])];
  return { email, name: null, groups, since: claims.iat * SECOND };
}
