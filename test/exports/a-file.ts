import type { World } from "../support/world.ts";
import { clearAll, insertImprovements } from "./rows.ts";

/** A file of an export. Read as bytes: the runtime warns of `text()` on what is not declared as text. */
export async function readFile(world: World, exportId: string, name: string): Promise<string> {
  const answer = await world.call("GET", `/v1/exports/${exportId}/${name}`);
  return new TextDecoder().decode(await answer.arrayBuffer());
}

/** An export of sixty improvements, done. */
export async function aFile(world: World, options: object = {}): Promise<string> {
  await clearAll();
  await insertImprovements(60, 30);
  const { id } = await world.json("POST", "/v1/exports", options);
  await world.deliver();
  return id;
}
