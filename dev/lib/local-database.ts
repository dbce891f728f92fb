import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The file of the local D1 below a folder given as `--persist-to`. @throws Error when there is none */
export function findDatabase(dir: string): string {
  const folder = join(dir, "v3/d1/miniflare-D1DatabaseObject");
  const name = readdirSync(folder).find((file) => file.endsWith(".sqlite") && !file.startsWith("metadata"));
  if (name === undefined) throw new Error("wrangler made no database");
  return join(folder, name);
}
