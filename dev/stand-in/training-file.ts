import { z } from "zod";

export type Method = "supervised" | "dpo";

const LEAST_EXAMPLES = 10;

const message = z.strictObject({
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.string().min(1),
  name: z.string().optional(),
  weight: z.number().optional(),
  tool_calls: z.array(z.unknown()).optional(),
  tool_call_id: z.string().optional(),
});
const messages = z.array(message).min(1);
const answered = messages.refine((list) => list.at(-1)?.role === "assistant", "does not end with an assistant message");

const LINES: Record<Method, z.ZodType> = {
  supervised: z.strictObject({
    messages: answered,
    tools: z.array(z.unknown()).optional(),
    parallel_tool_calls: z.boolean().optional(),
  }),
  dpo: z.strictObject({
    input: z.object({ messages }),
    preferred_output: answered,
    non_preferred_output: answered,
  }),
};

/** OpenAI's checks on a training file. @returns null when it passes, otherwise its first fault */
export function faultOf(text: string | null, method: Method): string | null {
  if (text === null) return "The file is not valid UTF-8.";
  if (text.startsWith("\uFEFF")) return "The file begins with a byte order mark.";
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  for (const [i, line] of lines.entries()) {
    const fault = faultOfLine(line, method);
    if (fault !== null) return `Invalid file format. Line ${i + 1}: ${fault}`;
  }
  if (lines.length < LEAST_EXAMPLES)
    return `Training file has ${lines.length} example(s), but must have at least ${LEAST_EXAMPLES} examples`;
  return null;
}

function faultOfLine(line: string, method: Method): string | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is not JSON";
  }
  const issue = LINES[method].safeParse(value).error?.issues[0];
  return issue === undefined ? null : `${issue.path.join(".")}: ${issue.message}`;
}
