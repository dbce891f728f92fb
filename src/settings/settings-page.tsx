import { KeysSection } from "../access/keys-section.tsx";
import { PeopleSection } from "../access/people-section.tsx";
import type { KeyOutput, PersonOutput } from "../access/schemas.ts";
import type { Page } from "../http/pagination.ts";
import type { Counters } from "../limits.ts";
import { type Column, DataTable } from "../ui/data-table.tsx";
import { Facts } from "../ui/facts.tsx";
import { HealthSection } from "./health-parts.tsx";
import { LimitsSection } from "./limits-section.tsx";
import type { HealthOutput, SettingOutput, SettingsOutput } from "./schemas.ts";

const SETTING_COLUMNS: Column<SettingOutput>[] = [
  {
    name: "Setting",
    cell: ({ name, meaning }) => (
      <>
        <code>{name}</code>
        <p class="hint">{meaning}</p>
      </>
    ),
  },
  { name: "In force", cell: inForce },
  { name: "Set by", cell: ({ set_by }) => (set_by === "default" ? "default" : `a ${set_by}`) },
  { name: "Default", cell: (setting) => setting.default ?? "none" },
];

/** What this installation runs with, how it is, and who may use it. */
export function SettingsPage({
  keys,
  people,
  counters,
  health,
  settings: { models, tokens, retention, settings },
}: {
  keys: Page<KeyOutput>;
  people: Page<PersonOutput>;
  counters: Counters;
  health: HealthOutput;
  settings: SettingsOutput;
}) {
  const { daily_budget: most } = tokens;
  const budget = most === null ? "no limit" : `of ${number(most)}`;
  const [changed, others] = [settings.filter(isChanged), settings.filter((setting) => !isChanged(setting))];
  const facts = {
    "model that rewrites": models.rewriting,
    judge: models.judge,
    "the bot's model": <a href="/fine-tunes">{models.bot}</a>,
    "tokens today (UTC)": `${number(tokens.used_today)}, ${budget}`,
    "failures are kept": kept(retention.failure_days),
    "training files are kept": kept(retention.export_days),
  };
  return (
    <>
      <h1>Settings</h1>
      <HealthSection health={health} />
      <section>
        <h2>Models, budget, retention</h2>
        <Facts facts={facts} />
      </section>
      <KeysSection keys={keys} now={health.at} />
      <PeopleSection people={people} />
      <LimitsSection counters={counters} />
      <section>
        <h2>Settings that differ from their default</h2>
        <p class="hint">
          Vars are set in <code>wrangler.toml</code>, secrets with <code>npx wrangler secret put NAME</code>; on your
          machine both may stand in <code>.dev.vars</code>. A deployment, or a restart there, puts them in force.
        </p>
        <SettingsTable settings={changed} />
        <details>
          <summary>{`The other ${others.length} are as they are by default`}</summary>
          <SettingsTable settings={others} />
        </details>
      </section>
    </>
  );
}

function SettingsTable({ settings }: { settings: SettingOutput[] }) {
  return <DataTable class="board records settings" columns={SETTING_COLUMNS} rows={settings} />;
}

/** Whether somebody decided on it. */
function isChanged({ secret, set, value, default: byDefault }: SettingOutput): boolean {
  return secret ? set : value !== byDefault;
}

function number(count: number): string {
  return count.toLocaleString("en");
}

function inForce({ secret, set, value }: SettingOutput): string {
  if (secret) return set ? "set" : "not set";
  return value ?? "none";
}

function kept(days: number | null): string {
  return days === null ? "until somebody deletes them" : `${days} days`;
}
