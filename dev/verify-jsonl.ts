/**
 * `node dev/verify-jsonl.ts FILE [VALIDATION_FILE]`: checks training files as the public checkers of their format do;
 * the first line shows which format it is. Given both files, no prompt may be in both. Prints what it counted and each
 * fault; exits with 1 when there is any.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";

type Line = Record<string, unknown>;
interface Format {
  name: string;
  /** Where the prompt is; in chat lines the answer is there too. */
  prompt: string;
  answers: string[];
  more: string[];
}

const CHAT: Format = { name: "chat lines", prompt: "messages", answers: [], more: ["tools"] };
const FORMATS: Format[] = [
  CHAT,
  { name: "OpenAI preferences", prompt: "input", answers: ["preferred_output", "non_preferred_output"], more: [] },
  { name: "TRL prompt and completion", prompt: "prompt", answers: ["completion"], more: [] },
  { name: "TRL preferences", prompt: "prompt", answers: ["chosen", "rejected"], more: [] },
];

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
if (both.length > 0) console.log(`fault: ${both.length} prompts are in both files`);
process.exit(training.sound && (validation?.sound ?? true) && both.length === 0 ? 0 : 1);

/** Reads one file through and prints what it found. */
async function verify(name: string): Promise<{ sound: boolean; prompts: Set<string> }> {
  const faults: string[] = [];
  const warnings: string[] = [];
  const [seen, prompts] = [new Set<string>(), new Set<string>()];
  let [examples, duplicates, characters] = [0, 0, 0];
  let format: Format | undefined;
  const { size } = await stat(name);
  if (size > MOST_BYTES) faults.push(`the file is larger than ${MOST_BYTES} bytes`);
  // As latin1 a line keeps its bytes, so that what is not UTF-8 shows.
  const lines = createInterface({ input: createReadStream(name, "latin1"), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const raw of lines) {
    examples++;
    const { line, text, found } = read(raw);
    if (line !== null) {
      format ??= FORMATS.find(({ prompt, answers }) => [prompt, ...answers].every((key) => key in line)) ?? CHAT;
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
  if (duplicates > 0) warnings.push(`${duplicates} lines are there twice`);
  const tokens = Math.round(characters / 4);
  console.log(`${name}: ${examples} examples (${format?.name ?? "no format"}), ${size} bytes, about ${tokens} tokens`);
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

/** The messages of a part; OpenAI's preferences hold their prompt one level further down. */
function messagesOf(line: Line, part: string): unknown {
  const value = line[part];
  if (part !== "input") return value;
  return isRecord(value) ? value.messages : undefined;
}

function check(line: Line, { prompt, answers, more }: Format): string[] {
  const parts = [prompt, ...answers];
  const unknown = Object.keys(line).filter((key) => !parts.includes(key) && !more.includes(key));
  const found = unknown.map((key) => `has an unknown key "${key}"`);
  for (const part of parts) {
    const messages = messagesOf(line, part);
    if (!Array.isArray(messages) || messages.length === 0) {
      found.push(`has no ${part}`);
      continue;
    }
    found.push(...messages.flatMap((message, i) => checkMessage(message, `${part} ${i}`)));
    const roles = messages.map((message) => (isRecord(message) ? message.role : null));
    const asks = part === prompt;
    if (asks && !roles.includes("user")) found.push(`has no user message in ${part}`);
    if ((!asks || answers.length === 0) && roles.at(-1) !== "assistant")
      found.push(`does not end ${part} with the assistant`);
    if (!asks && messages.length !== 1) found.push(`has more than one message in ${part}`);
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
  // JSON can carry half a surrogate pair as an escape; a tokenizer cannot.
  else if (!message.content.isWellFormed()) found.push(`${at} holds half a character`);
  if ("weight" in message && message.weight !== 0 && message.weight !== 1)
    found.push(`${at} has a weight other than 0 or 1`);
  return found;
}

/** What the user says in a line. */
function promptOf(line: Line, { prompt }: Format): string {
  const messages = messagesOf(line, prompt);
  if (!Array.isArray(messages)) return "";
  return JSON.stringify(messages.filter((message) => isRecord(message) && message.role === "user"));
}

function isRecord(value: unknown): value is Line {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
