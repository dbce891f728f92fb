import { describe, expect, it } from "vitest";
import { settingsTable } from "../../dev/lib/settings-table.ts";
import { listSettings } from "../../src/config.ts";
import { createWorld, KEY } from "../support/world.ts";

const files = import.meta.glob(["../../README.md", "../../wrangler.toml"], {
  query: "?raw",
  import: "default",
  eager: true,
}) as Record<string, string>;
const readme = files["../../README.md"] ?? "";
const wranglerToml = files["../../wrangler.toml"] ?? "";

const SECRETS = {
  ADMIN_KEY: "an-admin-key-0123456789-0123456789-xyz",
  OPENAI_API_KEY: "sk-model-abcdefghijklmnop",
  FINE_TUNE_API_KEY: "sk-tune-qrstuvwxyz12345",
  FINE_TUNE_WEBHOOK_SECRET: "whsec_b2xkLXNlY3JldC1vZi10aGUtcHJvdmlkZXI=",
};

interface Shown {
  name: string;
  set: boolean;
  value: string | null;
  set_by: string;
  default: string | null;
}

async function shownIn(vars: Record<string, string>): Promise<Map<string, Shown>> {
  const { settings } = await createWorld({ vars: { ADMIN_KEY: KEY, ...vars } }).json("GET", "/v1/settings");
  return new Map(settings.map((setting: Shown) => [setting.name, setting]));
}

/** Whether eight letters in a row of a secret stand in a text. */
function tells(text: string, secret: string): boolean {
  return [...secret].some((_, i) => i + 8 <= secret.length && text.includes(secret.slice(i, i + 8)));
}

describe("every setting", () => {
  it("has a meaning of its own, and is in the README's table in these words and with this default", () => {
    const settings = listSettings();
    expect(settings.length).toBeGreaterThan(25);
    for (const { name, meaning } of settings) expect(meaning, name).toMatch(/^[\w][^|\n]{20,}\.$/);
    expect(new Set(settings.map(({ meaning }) => meaning)).size).toBe(settings.length);
    expect(readme).toContain(`\n\n${settingsTable(settings)}\n\n`);
  });

  it("that wrangler.toml sets is there with its default, so that nobody looks for a change that is none", () => {
    const vars = wranglerToml.slice(wranglerToml.indexOf("[vars]"), wranglerToml.indexOf("[assets]"));
    const set = [...vars.matchAll(/^([A-Z_]+) = "(.*)"$/gm)].map(([, name, value]) => [name, value]);
    expect(set.length).toBeGreaterThan(5);
    const defaults = new Map(listSettings().map((setting) => [setting.name as string, setting.default]));
    expect(set).toEqual(set.map(([name = ""]) => [name, defaults.get(name)]));
  });

  it("is on the page and in the API, with what is in force, who set it, and its default", async () => {
    const shown = await shownIn({
      ...{ JUDGE_SAMPLES: "3", DAILY_TOKEN_BUDGET: "50000", NOTICE: "<i>for tests</i>", BOT_MODEL: "" },
      ...{ FAILURE_RETENTION_DAYS: "30", REQUIRE_REVIEW: "TRUE" },
    });
    expect([...shown.keys()]).toEqual(listSettings().map(({ name }) => name));
    expect(shown.get("JUDGE_SAMPLES")).toMatchObject({ value: "3", set_by: "var", default: "1" });
    expect(shown.get("REQUIRE_REVIEW")).toMatchObject({ value: "true", set_by: "var", default: "false" });
    expect(shown.get("REDACT_EXPORTS")).toMatchObject({ value: "true", set_by: "default", default: "true" });
    expect(shown.get("BOT_MODEL")).toMatchObject({ value: null, set: false, set_by: "default", default: null });
    const world = createWorld({ vars: { NOTICE: "<i>for tests</i>", FAILURE_RETENTION_DAYS: "30" } });
    const page = await (await world.call("GET", "/settings")).text();
    for (const { name } of listSettings()) expect(page).toContain(`<code>${name}</code>`);
    expect(page).toContain("&lt;i&gt;for tests&lt;/i&gt;");
    expect(page).not.toContain("<i>for tests");
    expect(page).toContain("30 days");
  });
});

describe("a secret", () => {
  it("is told to nobody, on the page or by the API, not even a part of it", async () => {
    const world = createWorld({ vars: SECRETS });
    const headers = { authorization: `Bearer ${SECRETS.ADMIN_KEY}` };
    for (const path of ["/settings", "/v1/settings", "/v1/health"]) {
      const answer = await world.call("GET", path, undefined, headers);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      const text = await answer.text();
      for (const [name, value] of Object.entries(SECRETS)) expect(tells(text, value), `${name} in ${path}`).toBe(false);
    }
    const answer = await world.call("GET", "/v1/settings", undefined, headers);
    const { settings } = (await answer.json()) as { settings: Shown[] };
    for (const name of Object.keys(SECRETS)) {
      const shown = settings.find((setting) => setting.name === name);
      expect(shown).toMatchObject({ secret: true, set: true, value: null, set_by: "secret", default: null });
    }
  });

  it("that is not set is said to be none", async () => {
    const shown = await shownIn({ FINE_TUNE_API_KEY: "" });
    expect(shown.get("FINE_TUNE_API_KEY")).toMatchObject({ set: false, set_by: "default" });
    expect(shown.get("FINE_TUNE_WEBHOOK_SECRET")).toMatchObject({ set: false, set_by: "default" });
  });

  it("in an address is not told either", async () => {
    const shown = await shownIn({
      OPENAI_BASE_URL: "https://someone:hidden-password@models.example.com/v1?token=hidden-token",
      FINE_TUNE_BASE_URL: "https://tuner.example.com/v1/",
    });
    expect(shown.get("OPENAI_BASE_URL")?.value).toBe("https://…@models.example.com/v1?…");
    expect(shown.get("FINE_TUNE_BASE_URL")?.value).toBe("https://tuner.example.com/v1");
  });

  it("is one by its name: none is listed as a var", () => {
    const named = listSettings().filter(({ name }) => /(_KEY|_SECRET|_PASSWORD)$/.test(name));
    expect(named.map(({ name, secret }) => [name, secret])).toEqual(Object.keys(SECRETS).map((name) => [name, true]));
  });
});

describe("the models in use", () => {
  it("are those of now, with the day's tokens, and the bot's is the tuned one while one is set", async () => {
    const world = createWorld({ vars: { DAILY_TOKEN_BUDGET: "50000", BOT_MODEL: "a-bot" } });
    expect(await world.json("GET", "/v1/settings")).toMatchObject({
      models: { rewriting: "test-rewriter", judge: "test-judge", bot: "a-bot" },
      tokens: { used_today: 0, daily_budget: 50_000 },
      retention: { failure_days: null, export_days: null },
    });
  });
});
