import { eq } from "drizzle-orm";
import { fineTunes } from "../db/schema/fine-tunes.ts";
import { found, RedraftError } from "../lib/errors.ts";
import { toRfc3339, toRfc3339OrNull } from "../lib/time.ts";
import {
  BOT_ALIAS,
  type BotModelChange,
  changeBotModel,
  defaultBotModel,
  readBotModelChanges,
} from "../prompts/bot-model.ts";
import type { Services } from "../services.ts";
import type { BotModelOutput } from "./schemas.ts";

/** How many changes are shown, newest first. */
export const HISTORY = 20;

/** The model of a fine-tune that has the name; null: the default model. */
interface Change {
  before: { model: string | null };
  after: { model: string | null };
}

type Setting = Pick<Services, "db" | "clock" | "newId">;

/** The model that the name `redraft` means, since when, and what it meant before. */
export async function getBotModel({ db, config }: Pick<Services, "db" | "config">): Promise<BotModelOutput> {
  const changes = await readBotModelChanges(db, HISTORY);
  const [live] = changes;
  return {
    alias: BOT_ALIAS,
    model: live?.model ?? defaultBotModel(config),
    default_model: defaultBotModel(config),
    fine_tune_id: live?.fineTuneId ?? null,
    since: toRfc3339OrNull(live?.createdAt ?? null),
    set_by: live?.actor ?? null,
    history: changes.map(({ fineTuneId, model, actor, createdAt }) => {
      return { fine_tune_id: fineTuneId, model, set_by: actor, at: toRfc3339(createdAt) };
    }),
  };
}

/**
 * Gives a fine-tune's model the name, because a person said so. Saying it twice changes nothing.
 * @throws RedraftError where the fine-tune has no model
 */
export async function setBotModel(services: Setting, fineTuneId: string, actor: string): Promise<Change> {
  const [row] = await services.db.select().from(fineTunes).where(eq(fineTunes.id, fineTuneId));
  const { status, model } = found(row, "fine-tune");
  if (status !== "succeeded" || model === null)
    throw new RedraftError("conflict", `The fine-tune is ${status}; there is no model to use.`);
  return change(services, { fineTuneId, model, actor });
}

/** Gives the name back to the default model. */
export async function clearBotModel(services: Setting, actor: string): Promise<Change> {
  return change(services, { fineTuneId: null, model: null, actor });
}

async function change(
  services: Setting,
  wanted: Pick<BotModelChange, "fineTuneId" | "model" | "actor">,
): Promise<Change> {
  const [live] = await readBotModelChanges(services.db, 1);
  if ((live?.fineTuneId ?? null) !== wanted.fineTuneId) await changeBotModel(services, wanted);
  return { before: { model: live?.model ?? null }, after: { model: wanted.model } };
}
