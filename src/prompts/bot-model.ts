import { desc } from "drizzle-orm";
import { type Config, fineTuneKey } from "../config.ts";
import type { Db } from "../db/client.ts";
import { botModelChanges } from "../db/schema/fine-tunes.ts";
import { log } from "../lib/log.ts";
import { cachePer } from "../lib/renewing-cache.ts";
import { SECOND } from "../lib/time.ts";
import type { WaitUntil } from "../lib/wait-until.ts";
import type { Services } from "../services.ts";

/*
 * Which model the bot means by the name `redraft`: the tuned one that a person set, or the default. Nothing but a
 * person's word changes it. Requests that name another model are passed on as they are.
 */

/** The model name that means whatever is set; a name of our own, so that no provider's model is shadowed. */
export const BOT_ALIAS = "redraft";

/** A click reaches every isolate's bot within this. */
const LIFE_MS = 3 * SECOND;

const copyOf = cachePer<string | null>(LIFE_MS, 1);

export type BotModelChange = typeof botModelChanges.$inferSelect;

/** Where a chat request goes, and under which model name. */
export interface Target {
  model: string;
  baseUrl: string;
  key: string;
}

/** The changes so far, newest first; the first one counts. */
export async function readBotModelChanges(db: Db, limit: number): Promise<BotModelChange[]> {
  return db.select().from(botModelChanges).orderBy(desc(botModelChanges.id)).limit(limit);
}

/** Keeps a person's word. @param change a model of null takes the tuned model back */
export async function changeBotModel(
  { db, clock, newId }: Pick<Services, "db" | "clock" | "newId">,
  change: Pick<BotModelChange, "fineTuneId" | "model" | "actor">,
): Promise<void> {
  await db.insert(botModelChanges).values({ id: newId(), ...change, createdAt: clock() });
  copyOf(db).drop(BOT_ALIAS);
}

/** The model behind the name while no tuned one is set. */
export function defaultBotModel({ BOT_MODEL, CORRECTION_MODEL }: Config): string {
  return BOT_MODEL || CORRECTION_MODEL;
}

/**
 * What the name means right now. Warm, it reads nothing. Where the database cannot be read, the default answers:
 * a bot with a plainer model is better than none.
 */
export async function resolveBotModel(
  { db, clock, config }: Pick<Services, "db" | "clock" | "config">,
  waitUntil: WaitUntil,
): Promise<Target> {
  let tuned: string | null = null;
  try {
    const read = async () => (await readBotModelChanges(db, 1))[0]?.model ?? null;
    tuned = await copyOf(db).get(BOT_ALIAS, clock(), read, waitUntil);
  } catch (error) {
    log.error("bot_model_not_read", {}, error);
  }
  if (tuned === null) return { model: defaultBotModel(config), ...modelServer(config) };
  return { model: tuned, baseUrl: config.FINE_TUNE_BASE_URL, key: fineTuneKey(config) };
}

/** Where requests go that name a model themselves. */
export function modelServer(config: Config): Omit<Target, "model"> {
  return { baseUrl: config.OPENAI_BASE_URL, key: config.OPENAI_API_KEY };
}
