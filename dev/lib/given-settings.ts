import { Misuse } from "./arguments.ts";

/** Settings by name; what has no value is not given. */
export type Settings = Record<string, string | undefined>;

/** Settings as they are given on a command line: `NAME:VALUE`. @throws Misuse, without the value, which may be a key */
export function givenSettings(vars: string[]): Settings {
  return Object.fromEntries(
    vars.map((given) => {
      const [, name, value] = /^([A-Z][A-Z0-9_]*):([\s\S]*)$/.exec(given) ?? [];
      if (name === undefined) throw new Misuse("--var takes NAME:VALUE, with a name in capital letters.");
      return [name, value];
    }),
  );
}
