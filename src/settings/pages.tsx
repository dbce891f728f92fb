import { Hono } from "hono";
import { listKeys, listPeople } from "../access/queries.ts";
import type { AppEnv } from "../http/app-env.ts";
import { needs } from "../http/needs.ts";
import { DEFAULT_LIMIT } from "../http/pagination.ts";
import { renderPage } from "../http/render-page.tsx";
import { readHealth } from "./read-health.ts";
import { SettingsPage } from "./settings-page.tsx";
import { showSettings } from "./show-settings.ts";

export const settingsPages = new Hono<AppEnv>().get("/settings", needs("admin"), async (c) => {
  const { services } = c.var;
  const [keys, people, health, settings] = await Promise.all([
    listKeys(services.db, { limit: DEFAULT_LIMIT, cursor: c.req.query("cursor"), revoked: false }),
    listPeople(services.db, { limit: DEFAULT_LIMIT }),
    readHealth(services),
    showSettings(services),
  ]);
  const { counters } = services;
  return renderPage(c, "Settings", <SettingsPage {...{ keys, people, counters, health, settings }} />);
});
