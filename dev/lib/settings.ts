import { randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { MODEL } from "../stand-in/api.ts";
import type { Settings } from "./given-settings.ts";
import { ROOT } from "./processes.ts";

const DEV_VARS = join(ROOT, ".dev.vars");

/** The settings of .dev.vars; empty where there is none. */
export function readDevVars(): Settings {
  return existsSync(DEV_VARS) ? parseEnv(readFileSync(DEV_VARS, "utf8")) : {};
}

/** A key for the API and the pages. */
export function newKey(): string {
  return randomBytes(24).toString("base64url");
}

/** The ADMIN_KEY of .dev.vars, made and written there when there is none. */
export function ensureAdminKey(): { key: string; made: boolean } {
  const known = readDevVars().ADMIN_KEY;
  if (known) return { key: known, made: false };
  const key = newKey();
  const before = existsSync(DEV_VARS) ? readFileSync(DEV_VARS, "utf8") : "";
  const gap = before === "" || before.endsWith("\n") ? "" : "\n";
  appendFileSync(
    DEV_VARS,
    `${gap}# Opens the API and the pages of the Worker on this machine. Made by \`npm run dev\`.\nADMIN_KEY=${key}\n`,
    { mode: 0o600 },
  );
  // Where the file was there before, that mode says nothing.
  chmodSync(DEV_VARS, 0o600);
  return { key, made: true };
}

/** The settings of a Worker that has the stand-in rewrite and rate. It has no limit whose finding would take time. */
export function standInSettings(baseUrl: string) {
  return {
    ...{ OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: MODEL, CORRECTION_MODEL: MODEL, JUDGE_MODEL: MODEL },
    MODEL_REQUESTS_PER_MINUTE: "60000",
  };
}
