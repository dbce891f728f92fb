import { z } from "zod";
import { log } from "../lib/log.ts";
import { decodeRouter, RouterFileError } from "./router-file.ts";
import type { RouterModel } from "./router-model.ts";

const FILES = "router/";

/** Names the current version. The topics' clusters are in it, so that routing never reads D1. */
const CURRENT = `${FILES}current`;

export function routerKey(version: string): string {
  return `${FILES}${version}.bin`;
}

const pointer = z.object({
  version: z.string(),
  /** Topic as the router knows it, to the id of its cluster. */
  clusters: z.record(z.string(), z.string()),
});

type RouterPointer = z.infer<typeof pointer>;

export interface LoadedRouter extends RouterPointer {
  model: RouterModel;
}

/** @returns null while there is none */
async function readPointer(bucket: R2Bucket): Promise<RouterPointer | null> {
  const object = await bucket.get(CURRENT);
  return object === null ? null : pointer.parse(await object.json());
}

export async function writePointer(bucket: R2Bucket, current: RouterPointer): Promise<void> {
  await bucket.put(CURRENT, JSON.stringify(current), { httpMetadata: { contentType: "application/json" } });
}

/**
 * The current router; only its pointer is read where `old` is of the same version.
 * @returns null while none is trained, or where its file is gone, damaged or of another format. A damaged file is
 *   removed: the sweep finds it gone, and has a new one trained.
 */
export async function loadRouter(bucket: R2Bucket, old: LoadedRouter | null): Promise<LoadedRouter | null> {
  const current = await readPointer(bucket);
  if (current === null) return null;
  if (old?.version === current.version) return { ...current, model: old.model };
  const file = await bucket.get(routerKey(current.version));
  if (file === null) {
    // A training that ended in between took the old file away.
    const again = await readPointer(bucket);
    return again === null || again.version === current.version ? null : loadRouter(bucket, old);
  }
  try {
    return { ...current, model: decodeRouter(new Uint8Array(await file.arrayBuffer())) };
  } catch (error) {
    if (!(error instanceof RouterFileError)) throw error;
    log.error("router_not_readable", { version: current.version, code: error.code });
    // Of another version: for other code that is deployed at the same time it may be right.
    if (error.code !== "unsupported_version") await bucket.delete(routerKey(current.version));
    return null;
  }
}

/** Takes the files of versions before this one away: they hold features of messages that may be erased by now. */
export async function dropOlderRouters(bucket: R2Bucket, version: string): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: FILES, ...(cursor !== undefined && { cursor }) });
    // A version begins with an id, which sorts by time.
    const older = page.objects.map(({ key }) => key).filter((key) => key.endsWith(".bin") && key < routerKey(version));
    if (older.length > 0) await bucket.delete(older);
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

/** Takes the router away: there is nothing left that it could have learned from. */
export async function dropRouter(bucket: R2Bucket, now: string): Promise<void> {
  await bucket.delete(CURRENT);
  await dropOlderRouters(bucket, now);
}

/** Whether a version is the one that serves, and its file is there: a worker may have died before it was named. */
export async function servesRouter(bucket: R2Bucket, version: string): Promise<boolean> {
  const object = await bucket.get(CURRENT);
  const current = pointer.safeParse(await object?.json().catch(() => null));
  return current.data?.version === version && (await bucket.head(routerKey(version))) !== null;
}

/** What the router would send to one cluster goes to another, until it is trained again. Repeating it changes nothing. */
export async function leadRoutesTo(bucket: R2Bucket, from: string, to: string): Promise<void> {
  const current = await readPointer(bucket);
  if (current === null || !Object.values(current.clusters).includes(from)) return;
  const led = Object.entries(current.clusters).map(([topic, id]) => [topic, id === from ? to : id]);
  await writePointer(bucket, { ...current, clusters: Object.fromEntries(led) });
}
