import { z } from "@hono/zod-openapi";
import { SCOPES } from "../db/schema/keys.ts";
import { name, time } from "../http/fields.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";
import { ROLES } from "../lib/access-roles.ts";

const scope = z.enum(SCOPES, `must be one of ${SCOPES.join(", ")}`).openapi("Scope");

export const keyInput = z
  .strictObject({
    name: name(100).openapi({ description: "Whose it is, or what for. Recorded as who decided." }),
    scopes: z
      .array(scope)
      .min(1, "must name at least one scope")
      .max(SCOPES.length, "names a scope twice")
      .openapi({ description: "`admin` includes all others, and `review` includes `read`." }),
    expires_at: time
      .transform((value) => Date.parse(value))
      .nullish()
      .openapi({ description: "Without it the key holds until it is revoked." }),
  })
  .openapi("KeyInput");
export type KeyInput = z.infer<typeof keyInput>;

const keyOutput = z
  .object({
    id: z.uuid(),
    name: z.string(),
    scopes: z.array(scope),
    created_at: z.iso.datetime(),
    created_by: z.string(),
    expires_at: z.iso.datetime().nullable(),
    revoked_at: z.iso.datetime().nullable(),
    revoked_by: z.string().nullable(),
    last_used_at: z.iso.datetime().nullable().openapi({ description: "To the hour." }),
  })
  .openapi("Key");
export type KeyOutput = z.infer<typeof keyOutput>;

export const keyCreated = keyOutput
  .extend({ key: z.string().openapi({ description: "Shown this once; only its hash is kept." }) })
  .openapi("NewKey");

export const keyQuery = z.strictObject({
  ...pageQuery,
  revoked: z.stringbool().default(false).openapi({ type: "boolean", description: "Also those that were revoked." }),
});
export type KeyQuery = z.infer<typeof keyQuery>;
export const keyPage = pageOf(keyOutput);

const personOutput = z
  .object({
    id: z.uuid(),
    email: z.string().openapi({ description: "Recorded as who decided." }),
    name: z.string().nullable(),
    role: z.enum(ROLES).openapi({ description: "As they had it when they were last seen." }),
    first_seen_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime().openapi({ description: "To the hour." }),
  })
  .openapi("Person");
export type PersonOutput = z.infer<typeof personOutput>;

export const peopleQuery = z.strictObject(pageQuery);
export type PeopleQuery = z.infer<typeof peopleQuery>;
export const peoplePage = pageOf(personOutput);
