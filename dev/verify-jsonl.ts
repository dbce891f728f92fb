/** `npm run verify`: checks training files. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { z } from "zod";
import { addTokens, MOST_TOKENS, noTokens, tokensOf } from "../src/exports/estimate-tokens.ts";
import { textsIn } from "../src/exports/formats.ts";
import { withoutNumbers } from "../src/guards/without-personal-data.ts";
import { NearIndex } from "../src/lib/near-duplicates/near-index.ts";
import { likenessOf } from "../src/lib/near-duplicates/sketch.ts";
import { inputFile, readArguments, runScript } from "./lib/arguments.ts";

const message = z.strictObject({
  role: z.enum(["system", "user", "assistant"]),
  content: z
    .string()
    .regex(/\S/, "is blank")
    // JSON can carry half a surrogate pair as an escape; a tokenizer cannot.
    .refine((text) => text.isWellFormed(), "holds half a character"),
  weight: z.literal([0, 1]).optional(),
});
type Messages = z.infer<typeof message>[];

const asked = z.array(message).refine((all) => all.some(({ role }) => role === "user"), "has no user message");
const answer = z.tuple([message.extend({ role: z.literal("assistant") })]);
const conversation = asked.refine((all) => all.at(-1)?.role === "assistant", "does not end with the assistant");

interface Format {
  name: string;
  /** Only lines of this format have it. */
  key: string;
  /** What a line has to be; gives its prompt. */
  line: z.ZodType<Messages>;
}

const CHAT: Format = {
  name: "chat lines",
  key: "messages",
  line: z.strictObject({ messages: conversation, tools: z.unknown().optional() }).transform(({ messages }) => messages),
};
const FORMATS: Format[] = [
  CHAT,
  {
    name: "OpenAI preferences",
    key: "input",
    line: z
      .strictObject({ input: z.object({ messages: asked }), preferred_output: answer, non_preferred_output: answer })
      .transform(({ input }) => input.messages),
  },
  {
    name: "TRL prompt and completion",
    key: "completion",
    line: z.strictObject({ prompt: asked, completion: answer }).transform(({ prompt }) => prompt),
  },
  {
    name: "TRL preferences",
    key: "chosen",
    line: z.strictObject({ prompt: asked, chosen: answer, rejected: answer }).transform(({ prompt }) => prompt),
  },
];

const LEAST_EXAMPLES = 10;
const MOST_BYTES = 512 * 1024 * 1024;
const SHOWN_FAULTS = 20;

const USAGE = `npm run verify -- FILE.jsonl [VALIDATION_FILE.jsonl]

Checks training files as the public checkers of their format do; the first line shows which format it is. Given two
files, it also checks that no prompt is in both, nor nearly the same in both (the rule is that of exports). Tokens are
estimated as in an export's manifest. Prints what it counted and each fault; exits with 1 if there is any.`;

await runScript(async () => {
  const { positionals } = readArguments(process.argv.slice(2), USAGE, {});
  const [file, validationFile] = [inputFile(positionals[0], USAGE), positionals[1]];
  const training = await verify(file);
  const validation = validationFile === undefined ? null : await verify(inputFile(validationFile, USAGE));
  const both = countNear([...(validation?.prompts ?? [])], training.prompts);
  if (both > 0) console.log(`fault: ${both} validation prompts are near duplicates of training prompts`);
  process.exitCode = training.sound && (validation?.sound ?? true) && both === 0 ? 0 : 1;
});

/** How many of the prompts are near one of the others, or the same. */
function countNear(prompts: string[], others: Set<string>): number {
  const sketchOf = (prompt: string) => likenessOf(withoutNumbers(prompt)).sketch;
  const index = new NearIndex(prompts.length);
  for (const prompt of prompts) index.add(sketchOf(prompt));
  let near = 0;
  for (const other of others) near += index.takeNear(sketchOf(other)).length;
  return near;
}

/** Reads one file through and prints what it found. */
async function verify(name: string): Promise<{ sound: boolean; prompts: Set<string> }> {
  const faults: string[] = [];
  const warnings: string[] = [];
  const [seen, prompts] = [new Set<string>(), new Set<string>()];
  let [examples, duplicates] = [0, 0];
  const sums = noTokens();
  let format: Format | undefined;
  const { size } = await stat(name);
  if (size > MOST_BYTES) faults.push(`the file is larger than ${MOST_BYTES} bytes`);
  // As latin1 a line keeps its bytes, so that what is not UTF-8 shows.
  const lines = createInterface({ input: createReadStream(name, "latin1"), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const raw of lines) {
    examples++;
    const { line, found } = read(raw);
    if (line !== null) {
      format ??= FORMATS.find(({ key }) => key in line) ?? CHAT;
      const checked = format.line.safeParse(line);
      if (checked.success)
        prompts.add(
          checked.data
            .filter(({ role }) => role === "user")
            .map(({ content }) => content)
            .join("\n"),
        );
      else
        found.push(
          ...checked.error.issues.map(({ path, message }) => [path.join("."), message].filter(Boolean).join(": ")),
        );
    }
    const texts = line === null ? [] : textsIn(JSON.stringify(line));
    const own = noTokens();
    addTokens(own, texts);
    addTokens(sums, texts);
    if (tokensOf(own) > MOST_TOKENS) found.push("is over the token limit");
    faults.push(...found.map((fault) => `line ${examples} ${fault}`));
    if (seen.has(raw)) duplicates++;
    seen.add(raw);
  }
  if (examples < LEAST_EXAMPLES) warnings.push(`${examples} examples; trainers ask for at least ${LEAST_EXAMPLES}`);
  if (duplicates > 0) warnings.push(`${duplicates} lines repeat an earlier one`);
  console.log(
    `${name}: ${examples} examples (${format?.name ?? "no format"}), ${size} bytes, about ${tokensOf(sums)} tokens`,
  );
  for (const warning of warnings) console.log(`warning: ${warning}`);
  for (const fault of faults.slice(0, SHOWN_FAULTS)) console.log(`fault: ${fault}`);
  console.log(faults.length === 0 ? "no faults" : `${faults.length} faults`);
  return { sound: faults.length === 0 && examples > 0, prompts };
}

function read(raw: string): { line: object | null; found: string[] } {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(raw, "latin1"));
  } catch {
    return { line: null, found: ["is not UTF-8"] };
  }
  if (text.startsWith("\uFEFF")) return { line: null, found: ["begins with a byte order mark"] };
  try {
    const line: unknown = JSON.parse(text);
    const isObject = typeof line === "object" && line !== null && !Array.isArray(line);
    return isObject ? { line, found: [] } : { line: null, found: ["is not an object"] };
  } catch {
    return { line: null, found: ["is not JSON"] };
  }
}
