import { newSecret } from "../lib/secrets.ts";

/** `rd_<id>_<secret>`: the id finds its row, the 256 bits of the secret open it. */
const KEY = /^rd_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})_([\w-]{43})$/;

/** A key as its owner gets to see it, once. */
export function newKeyText(id: string): { text: string; secret: string } {
  const secret = newSecret();
  return { text: `rd_${id}_${secret}`, secret };
}

/** The parts of what looks like a key of ours; null for everything else, which costs no read. */
export function readKeyText(text: string): { id: string; secret: string } | null {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}
