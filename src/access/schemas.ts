import { z } from "@hono/zod-openapi";
import { SCOPES } from "../db/schema/keys.ts";
import { name, time } from "../http/fields.ts";
import { pageOf, pageQuery } from "../http/pagination.ts";

const scope = z.enum(SCOPES, `must be one of ${SCOPES.join(", ")}`).openapi("Scope");

export const keyInput = z
  .strictObject({
    name: name(100).openapi({ description: "Whose it is, or what for. Recorded as who decided." }),
    scopes: z
      .array(scope)
      .min(1, "must name at least one scope")
      .max(SCOPES.length, "names a scope twice")
      .openapi({ description: "`admin` includes all others." }),
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
