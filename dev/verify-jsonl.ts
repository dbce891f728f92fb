/**
 * `node dev/verify-jsonl.ts FILE`: holds a training file against what the public checkers of the chat format ask
 * for. Prints what it counted and each fault; exits with 1 when there is any.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";

const ROLES = new Set(["system", "user", "assistant"]);
const MESSAGE_KEYS = new Set(["role", "content", "weight"]);
const LINE_KEYS = new Set(["messages", "tools"]);
const LEAST_EXAMPLES = 10;
const MOST_BYTES = 512 * 1024 * 1024;
/** The smallest limit among current trainers, in tokens; four characters to a token. */
const MOST_CHARACTERS = 65_536 * 4;
const SHOWN_FAULTS = 20;

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("Usage: node dev/verify-jsonl.ts FILE");
  process.exit(2);
}

const faults: string[] = [];
const warnings: string[] = [];
const seen = new Set<string>();
let examples = 0;
let duplicates = 0;
let characters = 0;
const { size } = await stat(file);
if (size > MOST_BYTES) faults.push(`the file is larger than ${MOST_BYTES} bytes`);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
for await (const line of createInterface({
  input: createReadStream(file, "latin1"),
  crlfDelay: Number.POSITIVE_INFINITY,
})) {
  examples++;
  const where = `line ${examples}`;
  const text = decode(Buffer.from(line, "latin1"));
  if (text === null) faults.push(`${where} is not UTF-8`);
  else if (text.startsWith("\uFEFF")) faults.push(`${where} begins with a byte order mark`);
  else faults.push(...check(text).map((fault) => `${where} ${fault}`));
  if (seen.has(line)) duplicates++;
  seen.add(line);
  characters += text?.length ?? 0;
}
if (examples < LEAST_EXAMPLES) warnings.push(`${examples} examples; trainers ask for at least ${LEAST_EXAMPLES}`);
if (duplicates > 0) warnings.push(`${duplicates} lines stand there twice`);

console.log(`${file}: ${examples} examples, ${size} bytes, about ${Math.round(characters / 4)} tokens`);
for (const warning of warnings) console.log(`warning: ${warning}`);
for (const fault of faults.slice(0, SHOWN_FAULTS)) console.log(`fault: ${fault}`);
console.log(faults.length === 0 ? "no faults" : `${faults.length} faults`);
process.exit(faults.length === 0 && examples > 0 ? 0 : 1);

function decode(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function check(line: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return ["is not JSON"];
  }
  if (!isRecord(value)) return ["is not an object"];
  const found = Object.keys(value)
    .filter((key) => !LINE_KEYS.has(key))
    .map((key) => `has an unknown key "${key}"`);
  const { messages } = value;
  if (!Array.isArray(messages) || messages.length === 0) return [...found, "has no messages"];
  found.push(...messages.flatMap(checkMessage));
  if (!messages.some((message) => isRecord(message) && message.role === "assistant"))
    found.push("has no assistant message");
  if (line.length > MOST_CHARACTERS) found.push("is over the token limit");
  return found;
}

function checkMessage(message: unknown, i: number): string[] {
  if (!isRecord(message)) return [`message ${i} is not an object`];
  const found = Object.keys(message)
    .filter((key) => !MESSAGE_KEYS.has(key))
    .map((key) => `message ${i} has an unknown key "${key}"`);
  if (typeof message.role !== "string" || !ROLES.has(message.role)) found.push(`message ${i} has an unknown role`);
  if (typeof message.content !== "string" || message.content.trim() === "") found.push(`message ${i} has no content`);
  // JSON can carry half a surrogate pair as an escape; a tokenizer can not.
  else if (!message.content.isWellFormed()) found.push(`message ${i} holds half a character`);
  if ("weight" in message && message.weight !== 0 && message.weight !== 1)
    found.push(`message ${i} has a weight other than 0 or 1`);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
