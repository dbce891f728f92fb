import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** What is wrong with a script's arguments or surroundings, as a sentence for who typed them. */
export class Misuse extends Error {}

/** Reads a script's arguments. Prints the usage for `--help`, and ends. @throws Misuse for what it does not know */
export function readArguments<T extends ParseArgsOptionsConfig>(args: string[], usage: string, options: T) {
  const help = { help: { type: "boolean", short: "h", default: false } } as const;
  if (parse({ args, options: help, strict: false, allowPositionals: true }).values.help) {
    console.log(usage);
    process.exit(0);
  }
  const { values, positionals } = parse({ args, options, allowPositionals: true });
  return { values, positionals };
}

const parse: typeof parseArgs = (config) => {
  try {
    return parseArgs(config);
  } catch (error) {
    // Its second sentence advises on file names that begin with a dash.
    const [what] = (error instanceof Error ? error.message : String(error)).split(". ");
    throw new Misuse(`${what}. --help lists the options.`);
  }
};

/** The path of a file that has to be there, as short as it can be. @throws Misuse when it is not given or not there */
export function inputFile(given: string | undefined, usage: string): string {
  if (given === undefined) throw new Misuse(usage);
  // npm runs scripts in the project's folder; the path was typed where npm was called.
  const file = resolve(process.env.INIT_CWD ?? process.cwd(), given);
  if (!existsSync(file)) throw new Misuse(`There is no file ${file}.`);
  const short = relative(process.cwd(), file);
  return short.startsWith("..") ? file : short;
}

/** A whole number from 0 on. @throws Misuse for anything else */
export function wholeNumber(given: string, name: string): number {
  if (!/^\d+$/.test(given)) throw new Misuse(`${name} must be a whole number, not "${given}".`);
  return Number(given);
}

/** Runs a script: what its user can mend (a port in use, too) is a sentence, anything else is shown in full. */
export async function runScript(script: () => Promise<void>): Promise<void> {
  try {
    await script();
  } catch (error) {
    const mendable = error instanceof Misuse || (error instanceof Error && "syscall" in error);
    console.error(mendable ? error.message : error);
    process.exit(error instanceof Misuse ? 2 : 1);
  }
}
