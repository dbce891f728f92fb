import { z } from "zod";
import { type Model, ModelError, type ModelRequest } from "./model.ts";

/** After a truncated answer the one further try may be this much longer. */
const LARGER = 3;

/**
 * Asks once, and once more when the answer was no good: with the complaint added after a malformed answer, with a
 * larger budget after a truncated one.
 * @throws ModelError
 */
async function withOneRepair<T>(request: ModelRequest, ask: (request: ModelRequest) => Promise<T>): Promise<T> {
  try {
    return await ask(request);
  } catch (error) {
    if (!(error instanceof ModelError) || error.failure !== "repair") throw error;
    const messages = [...request.messages, { role: "user" as const, content: complaint(error) }];
    const maxOutputTokens = request.maxOutputTokens * LARGER;
    return ask(error.code === "truncated_answer" ? { ...request, maxOutputTokens } : { ...request, messages });
  }
}

function complaint(error: ModelError): string {
  return `Your last answer could not be used: ${error.message}. Answer again, exactly as asked.`;
}

/** One plain text from the model. @throws ModelError */
export function completeText(model: Model, request: ModelRequest): Promise<string> {
  return withOneRepair(request, (asked) => model.complete(asked).then(({ text }) => text));
}

/**
 * One JSON answer that fits `schema`. The schema goes to the server as strict JSON Schema where it takes that, and
 * what comes back is checked here in any case.
 * @throws ModelError `malformed_answer` when neither the first nor the repaired answer fits
 */
export function completeJson<T>(
  model: Model,
  { name, schema, ...request }: Omit<ModelRequest, "answer"> & { name: string; schema: z.ZodType<T> },
): Promise<T> {
  const answer = { name, schema: z.toJSONSchema(schema, { target: "draft-7" }) as Record<string, unknown> };
  return withOneRepair({ ...request, answer }, async (asked) => {
    const { text } = await model.complete(asked);
    const parsed = schema.safeParse(extractJson(text));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where = issue?.path.length ? `"${issue.path.join(".")}": ` : "";
    throw new ModelError("repair", "malformed_answer", `${where}${issue?.message ?? "not the JSON asked for"}`);
  });
}

/** Where an object may begin is tried at this many braces, so that a megabyte of braces costs little. */
const MOST_BRACES = 20;

/** The first JSON object in a text, bare, fenced or amid prose; undefined where there is none. */
export function extractJson(text: string): unknown {
  let start = text.indexOf("{");
  for (let tried = 0; start !== -1 && tried < MOST_BRACES; tried++, start = text.indexOf("{", start + 1)) {
    const end = closingBrace(text, start);
    if (end === -1) continue;
    try {
      return JSON.parse(text.slice(start, end + 1));
    } catch {
      // Not JSON from here; the next brace may begin it.
    }
  }
  return undefined;
}

function closingBrace(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let i = start; i < text.length; i++) {
    const char = text[i];
    if (inString) {
      if (char === "\\") i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") depth++;
    else if (char === "}" && --depth === 0) return i;
  }
  return -1;
}
