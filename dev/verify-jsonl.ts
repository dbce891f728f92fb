/**
 * `node dev/verify-jsonl.ts FILE [VALIDATION_FILE]`: holds training files against what the public checkers of their
 * format ask for; the format is told by the first line. Given both files, no prompt may stand in both. Prints what it
 * counted and each fault; exits with 1 when there is any.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";

type Line = Record<string, unknown>;
type Part = { name: string; messages: unknown; asks: boolean };

const FORMATS: Record<string, { keys: string[]; partsOf: (line: Line) => Part[] }> = {
  "chat lines": {
    keys: ["messages", "tools"],
    partsOf: ({ messages }) => [{ name: "messages", messages, asks: true }],
  },
  "OpenAI preferences": {
    keys: ["input", "preferred_output", "non_preferred_output"],
    partsOf: (line) => [
      { name: "input", messages: isRecord(line.input) ? line.input.messages : undefined, asks: true },
      { name: "preferred_output", messages: line.preferred_output, asks: false },
      { name: "non_preferred_output", messages: line.non_preferred_output, asks: false },
    ],
  },
  "TRL prompt and completion": {
    keys: ["prompt", "completion"],
    partsOf: (line) => [
      { name: "prompt", messages: line.prompt, asks: true },
      { name: "completion", messages: line.completion, asks: false },
    ],
  },
  "TRL preferences": {
    keys: ["prompt", "chosen", "rejected"],
    partsOf: (line) => [
      { name: "prompt", messages: line.prompt, asks: true },
      { name: "chosen", messages: line.chosen, asks: false },
      { name: "rejected", messages: line.rejected, asks: false },
    ],
  },
};

const ROLES = new Set(["system", "user", "assistant"]);
const MESSAGE_KEYS = new Set(["role", "content", "weight"]);
const LEAST_EXAMPLES = 10;
const MOST_BYTES = 512 * 1024 * 1024;
/** The smallest limit among current trainers, in tokens; four characters to a token. */
const MOST_CHARACTERS = 65_536 * 4;
const SHOWN_FAULTS = 20;

const [file, validationFile] = process.argv.slice(2);
if (file === undefined) {
  console.error("Usage: node dev/verify-jsonl.ts FILE [VALIDATION_FILE]");
  process.exit(2);
}
const training = await verify(file);
const validation = validationFile === undefined ? null : await verify(validationFile);
const both = [...(validation?.prompts ?? [])].filter((prompt) => training.prompts.has(prompt));
if (both.length > 0) console.log(`fault: ${both.length} prompts stand in both files`);
process.exit(training.sound && (validation?.sound ?? true) && both.length === 0 ? 0 : 1);

/** Reads one file through and prints what is to be said of it. */
async function verify(name: string): Promise<{ sound: boolean; prompts: Set<string> }> {
  const faults: string[] = [];
  const warnings: string[] = [];
  const [seen, prompts] = [new Set<string>(), new Set<string>()];
  let [examples, duplicates, characters, format] = [0, 0, 0, ""];
  const { size } = await stat(name);
  if (size > MOST_BYTES) faults.push(`the file is larger than ${MOST_BYTES} bytes`);
  // By latin1 a line keeps its bytes, so that what is not UTF-8 shows.
  const lines = createInterface({ input: createReadStream(name, "latin1"), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const raw of lines) {
    examples++;
    const { line, text, found } = read(raw);
    if (line !== null) {
      format ||= formatOf(line);
      found.push(...check(line, format));
      prompts.add(promptOf(line, format));
    }
    if (text.length > MOST_CHARACTERS) found.push("is over the token limit");
    faults.push(...found.map((fault) => `line ${examples} ${fault}`));
    if (seen.has(raw)) duplicates++;
    seen.add(raw);
    characters += text.length;
  }
  if (examples < LEAST_EXAMPLES) warnings.push(`${examples} examples; trainers ask for at least ${LEAST_EXAMPLES}`);
  if (duplicates > 0) warnings.push(`${duplicates} lines stand there twice`);
  const tokens = Math.round(characters / 4);
  console.log(`${name}: ${examples} examples (${format || "no format"}), ${size} bytes, about ${tokens} tokens`);
  for (const warning of warnings) console.log(`warning: ${warning}`);
  for (const fault of faults.slice(0, SHOWN_FAULTS)) console.log(`fault: ${fault}`);
  console.log(faults.length === 0 ? "no faults" : `${faults.length} faults`);
  return { sound: faults.length === 0 && examples > 0, prompts };
}

function read(raw: string): { line: Line | null; text: string; found: string[] } {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(raw, "latin1"));
  } catch {
    return { line: null, text: "", found: ["is not UTF-8"] };
  }
  if (text.startsWith("\uFEFF")) return { line: null, text, found: ["begins with a byte order mark"] };
  try {
    const line: unknown = JSON.parse(text);
    return isRecord(line) ? { line, text, found: [] } : { line: null, text, found: ["is not an object"] };
  } catch {
    return { line: null, text, found: ["is not JSON"] };
  }
}

/** The format whose keys the line has; chat lines where it has none of them. */
function formatOf(line: Line): string {
  const fits = ([, { keys }]: [string, { keys: string[] }]) => keys.every((key) => key === "tools" || key in line);
  return Object.entries(FORMATS).find(fits)?.[0] ?? "chat lines";
}

function partsOf(line: Line, format: string): Part[] {
  return FORMATS[format]?.partsOf(line) ?? [];
}

function check(line: Line, format: string): string[] {
  const known = FORMATS[format]?.keys ?? [];
  const unknown = Object.keys(line).filter((key) => !known.includes(key));
  const found = unknown.map((key) => `has an unknown key "${key}"`);
  for (const { name, messages, asks } of partsOf(line, format)) {
    if (!Array.isArray(messages) || messages.length === 0) {
      found.push(`has no ${name}`);
      continue;
    }
    found.push(...messages.flatMap((message, i) => checkMessage(message, `${name} ${i}`)));
    const roles = messages.map((message) => (isRecord(message) ? message.role : null));
    if (asks && !roles.includes("user")) found.push(`has no user message in ${name}`);
    const answers = !asks || format === "chat lines";
    if (answers && roles.at(-1) !== "assistant") found.push(`does not end ${name} with the assistant`);
    if (!asks && messages.length !== 1) found.push(`has more than one message in ${name}`);
  }
  return found;
}

function checkMessage(message: unknown, at: string): string[] {
  if (!isRecord(message)) return [`${at} is not an object`];
  const found = Object.keys(message)
    .filter((key) => !MESSAGE_KEYS.has(key))
    .map((key) => `${at} has an unknown key "${key}"`);
  if (typeof message.role !== "string" || !ROLES.has(message.role)) found.push(`${at} has an unknown role`);
  if (typeof message.content !== "string" || message.content.trim() === "") found.push(`${at} has no content`);
  // JSON can carry half a surrogate pair as an escape; a tokenizer can not.
  else if (!message.content.isWellFormed()) found.push(`${at} holds half a character`);
  if ("weight" in message && message.weight !== 0 && message.weight !== 1)
    found.push(`${at} has a weight other than 0 or 1`);
  return found;
}

/** What the user says in a line. */
function promptOf(line: Line, format: string): string {
  const messages = partsOf(line, format).find(({ asks }) => asks)?.messages;
  if (!Array.isArray(messages)) return "";
  return JSON.stringify(messages.filter((message) => isRecord(message) && message.role === "user"));
}

function isRecord(value: unknown): value is Line {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
