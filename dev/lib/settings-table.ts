import type { Setting } from "../../src/config.ts";

/** Every setting with its default and its meaning, in Markdown. */
export function settingsTable(settings: Setting[]): string {
  const rows = settings.map(({ name, meaning, secret, required, default: byDefault }) => {
    const shown = required ? "none, required" : byDefault === null ? "none" : `\`${byDefault}\``;
    return [`\`${name}\`${secret ? ", a secret" : ""}`, shown, meaning];
  });
  return [["setting", "default", "what it does"], ["---", "---", "---"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
