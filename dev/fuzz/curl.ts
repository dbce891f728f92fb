import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FuzzRequest } from "./request.ts";

/** Longer bodies go into a file. In bytes. */
const MOST_INLINE = 2_000;

/** A command that sends a request again, for a POSIX shell. @param dir where the bodies go that a command cannot hold */
export function curlLine(url: string, { method, path, headers, body, chunked }: FuzzRequest, dir: string): string {
  const parts = ["curl -sS -i --path-as-is -g", method === "HEAD" ? "-I" : `-X ${method}`];
  parts.push(quote(`${url}${path}`));
  // "name;" is how curl is told to send a header without a value.
  const lines = headers.map(([name, value]) => (value === "" ? `${name};` : `${name}: ${value}`));
  const typed = headers.some(([name]) => name === "content-type");
  // Left alone, curl says that a body is a form.
  if (body !== null && !typed) lines.push("content-type:");
  if (chunked) lines.push("transfer-encoding: chunked");
  parts.push(...lines.map((line) => `-H ${quote(line)}`));
  if (body === null) return parts.join(" ");
  if (body.byteLength > MOST_INLINE) {
    const file = join(dir, `${createHash("sha256").update(body).digest("hex").slice(0, 12)}.body`);
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, body);
    return [...parts, `--data-binary ${quote(`@${file}`)}`].join(" ");
  }
  const text = body.toString("utf8");
  if (Buffer.from(text).equals(body) && !/[^\P{Cc}\n\t]/u.test(text))
    return [...parts, `--data-raw ${quote(text)}`].join(" ");
  return `printf '${escaped(body)}' | ${[...parts, "--data-binary @-"].join(" ")}`;
}

function quote(text: string): string {
  // A header's characters are single bytes; a shell would write them as UTF-8.
  if (/[\x80-\xff]/.test(text) && !/[^\0-\xff]/.test(text))
    return `"$(printf '${escaped(Buffer.from(text, "latin1"))}')"`;
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Bytes for `printf`: all but plain letters and digits by their number. */
function escaped(bytes: Buffer): string {
  const characters = [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w {}[\]":,.;/=&-]/.test(character) ? character : `\\${byte.toString(8).padStart(3, "0")}`;
  });
  return characters.join("");
}
