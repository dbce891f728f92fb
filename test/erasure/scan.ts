import { env, listDurableObjectIds, runInDurableObject } from "cloudflare:test";

/** Where a word is found in everything that is stored: tables of D1, objects of R2, storage of the Durable Objects. */
export async function whereIs(word: string): Promise<string[]> {
  return [...(await inTables(word)), ...(await inBucket(word)), ...(await inObjects(word))];
}

async function inTables(word: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    "select name from sqlite_schema where type = 'table' and name not like '\\_cf%' escape '\\'",
  ).all<{ name: string }>();
  const found: string[] = [];
  for (const { name } of results) {
    const rows = await env.DB.prepare(`select * from "${name}"`).all();
    if (JSON.stringify(rows.results).includes(word)) found.push(`D1 ${name}`);
  }
  return found;
}

async function inBucket(word: string): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await env.EXPORTS.list(cursor === undefined ? {} : { cursor });
    for (const { key } of page.objects) {
      const object = await env.EXPORTS.get(key);
      if (object !== null && new TextDecoder().decode(await object.arrayBuffer()).includes(word))
        found.push(`R2 ${key}`);
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return found;
}

async function inObjects(word: string): Promise<string[]> {
  const found: string[] = [];
  for (const id of await listDurableObjectIds(env.CLUSTERS)) {
    const stored = await runInDurableObject(env.CLUSTERS.get(id), async (_object, state) =>
      JSON.stringify([...(await state.storage.list())]),
    );
    if (stored.includes(word)) found.push(`Durable Object ${id}`);
  }
  return found;
}
