import { z } from "@hono/zod-openapi";

export const erasureOutput = z
  .object({
    id: z.uuid(),
    erased_at: z.iso.datetime(),
    exports: z.array(z.object({ id: z.uuid(), rebuild: z.string() })).openapi({
      description: "The exports that held it. Their data files are gone; POST to `rebuild` to write them again.",
    }),
    fine_tunes: z
      .array(
        z.object({
          id: z.uuid(),
          export_id: z.uuid(),
          model: z.string().nullable(),
          status: z.string(),
          is_bot_model: z.boolean().openapi({ description: "The bot answers with it now; see /v1/bot-model." }),
        }),
      )
      .openapi({ description: "Models trained on them. A trained model cannot forget: decide what to do with it." }),
  })
  .openapi("Erasure");
export type ErasureOutput = z.infer<typeof erasureOutput>;
