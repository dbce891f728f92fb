import { getBotModel } from "../fine-tunes/bot-model.ts";
import { readGate } from "../llm/gatekeeper.ts";
import type { Services } from "../services.ts";
import { describeSettings } from "./describe-settings.ts";
import type { SettingsOutput } from "./schemas.ts";

/** What this installation runs with: the models in use, the day's tokens, retention, and every setting. */
export async function showSettings(
  services: Pick<Services, "db" | "clock" | "config" | "given">,
): Promise<SettingsOutput> {
  const { db, clock, config } = services;
  const [{ model: bot }, { spent }] = await Promise.all([getBotModel(services), readGate(db, clock())]);
  return {
    models: { rewriting: config.CORRECTION_MODEL, judge: config.JUDGE_MODEL, bot },
    tokens: { used_today: spent, daily_budget: config.DAILY_TOKEN_BUDGET || null },
    retention: {
      failure_days: config.FAILURE_RETENTION_DAYS || null,
      export_days: config.EXPORT_RETENTION_DAYS || null,
    },
    settings: describeSettings(services),
  };
}
