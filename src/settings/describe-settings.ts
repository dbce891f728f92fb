import { asText, listSettings } from "../config.ts";
import type { Services } from "../services.ts";
import type { SettingOutput } from "./schemas.ts";

/** Every setting with the value in force; of a secret only whether there is one. */
export function describeSettings({ config, given }: Pick<Services, "config" | "given">): SettingOutput[] {
  return listSettings().map(({ name, meaning, secret, default: byDefault }) => {
    const value = asText(config[name]);
    return {
      ...{ name, secret },
      set: value !== null,
      value: secret || value === null ? null : withoutPassword(value),
      // Workers are not told whether it came as a var or as a secret: each is where it belongs.
      set_by: !given.has(name) ? ("default" as const) : secret ? ("secret" as const) : ("var" as const),
      ...{ default: byDefault, meaning },
    };
  });
}

/** Some addresses carry a password or a token. */
function withoutPassword(value: string): string {
  if (!/^https?:/i.test(value) || !URL.canParse(value)) return value;
  const url = new URL(value);
  const login = url.username + url.password === "" ? "" : "…@";
  return `${url.protocol}//${login}${url.host}${url.pathname.replace(/\/$/, "")}${url.search + url.hash && "?…"}`;
}
