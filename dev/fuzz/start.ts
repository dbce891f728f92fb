import { KEY } from "../lib/on-workerd.ts";
import type { Api } from "./document.ts";
import { browser } from "./headers.ts";
import { learn, type Pool, resourceOf } from "./pool.ts";
import type { FuzzRequest } from "./request.ts";
import type { Send } from "./send.ts";

const get = (path: string, headers: [string, string][]): FuzzRequest => ({
  ...{ route: `GET ${path}`, method: "GET", path, headers, body: null, chunked: false },
});

/** Signs in as a browser does. @returns its cookie. @throws Error when it gets none */
export async function signIn(send: Send, origin: string): Promise<string> {
  const { headers, status } = await send({
    ...get("/sign-in", [["content-type", "application/x-www-form-urlencoded"], ...browser(origin)]),
    ...{ method: "POST", body: Buffer.from(`key=${KEY}`) },
  });
  const cookie = headers["set-cookie"]?.split(";", 1)[0];
  if (cookie === undefined) throw new Error(`signing in gave no cookie: ${status}`);
  return cookie;
}

/** Pages that a walk visits at most. */
const MOST_PAGES = 60;

/** Learns what there is: from every list of the API, and by walking over the pages from the first one. */
export async function learnSite(send: Send, { operations }: Api, pool: Pool, session: string): Promise<void> {
  const visit = async (path: string, headers: [string, string][]) => learn(pool, path, await send(get(path, headers)));
  for (const { method, template } of operations) {
    if (method !== "GET" || template.includes("{")) continue;
    await visit(template, KEYED);
    const id = pool.values.get(resourceOf(template))?.[0];
    if (id !== undefined) await visit(`${template}/${encodeURIComponent(id)}`, KEYED);
  }
  const [, training] = pool.values.get("exports") ?? [];
  const linked = get(`/v1/exports/${training}/links`, [...KEYED, ["content-type", "application/json"]]);
  learn(pool, linked.path, await send({ ...linked, method: "POST", body: Buffer.from("{}") }));
  const seen = new Set<string>();
  const waiting = ["/", "/sign-in"];
  for (let path = waiting.shift(); path !== undefined && seen.size < MOST_PAGES; path = waiting.shift()) {
    if (seen.has(path)) continue;
    seen.add(path);
    await visit(path, [["cookie", session], ...browser("")]);
    // One of each kind is enough: `learn` knows them by their shape.
    waiting.push(...[...pool.links.values()].flatMap((links) => links.slice(0, 2)));
  }
}

/** With the key. */
export const KEYED: [string, string][] = [["authorization", `Bearer ${KEY}`]];
