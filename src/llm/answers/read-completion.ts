import type { Fault, ProviderAnswer, Verdict } from "./fault.ts";
import { holdsError, isObject, parseBody } from "./read-error.ts";
import { whoseFault } from "./whose-fault.ts";

/** Tokens as the provider counted them. */
export interface Tokens {
  inputTokens: number;
  outputTokens: number;
}

/** What came of a call that the provider answered. `tokens` is null where it did not count. */
export type Completion =
  | { text: string; fault: null; tokens: Tokens | null }
  | { text: null; fault: Fault; tokens: Tokens | null };

/** Reads a whole answer to a chat request, whatever its status: the model's text, or why there is none. */
export function readCompletion(answer: ProviderAnswer): Completion {
  const failed = (fault: Fault, tokens: Tokens | null = null): Completion => ({ text: null, fault, tokens });
  if (answer.status < 200 || answer.status >= 300) return failed(whoseFault(answer));
  const data = parseBody(answer.body);
  if (!isObject(data)) return failed(noJson(answer));
  const tokens = readTokens(data);
  if (holdsError(data)) return failed(whoseFault(answer), tokens);
  const choice = Array.isArray(data.choices) ? data.choices[0] : null;
  if (isObject(choice) && isObject(choice.error)) {
    const body = JSON.stringify({ error: choice.error });
    return failed(whoseFault({ ...answer, body }), tokens);
  }
  const text = isObject(choice) && isObject(choice.message) ? textOf(choice.message.content) : "";
  const unclean = judgeEnding(data, choice, text);
  return unclean ? failed({ ...unclean, retryAfterMs: null }, tokens) : { text, fault: null, tokens };
}

function noJson(answer: ProviderAnswer): Fault {
  // A proxy's page, or nothing: the model was not asked. Anything else is an answer that broke off.
  if (answer.body.trim() === "" || /^\s*</.test(answer.body)) return whoseFault(answer);
  const reason = "The provider answered with something that is not JSON.";
  return { about: "answer", code: "malformed_answer", reason, retryAfterMs: null };
}

type Ending = Verdict & { reason: string };

const FILTERED = /^(content_?filter|safety|recitation|blocklist|prohibited_content|spii)/;

/** Why an answer without an error is no clean answer; null when it is one. */
function judgeEnding(data: Record<string, unknown>, choice: unknown, text: string): Ending | null {
  const { finish_reason: finish, native_finish_reason: native, message } = isObject(choice) ? choice : {};
  const ends = [finish, native].map((ending) => (typeof ending === "string" ? ending.toLowerCase() : ""));
  const blocked = isObject(data.promptFeedback) || isObject(data.prompt_feedback);
  if (blocked || ends.some((ending) => FILTERED.test(ending))) {
    return { about: "request", code: "content_filter", reason: "The provider's content filter stopped the answer." };
  }
  if (ends.includes("refusal") || (isObject(message) && message.refusal)) {
    return { about: "request", code: "refusal", reason: "The model refused to answer." };
  }
  if (ends.some((ending) => ["insufficient_system_resource", "aborted"].includes(ending))) {
    return { about: "health", code: "overloaded", reason: "The provider broke off the answer for lack of resources." };
  }
  if (ends[0] === "error") {
    return { about: "health", code: "provider_error", reason: "The provider broke off the answer with an error." };
  }
  if (!isObject(message)) return badAnswer("malformed_answer", "The answer holds no message.");
  if (ends.some((ending) => ["length", "model_length", "max_tokens"].includes(ending))) {
    return badAnswer("truncated_answer", "The answer was cut off at its largest length.");
  }
  return text === "" ? badAnswer("empty_answer", "The answer is empty.") : null;
}

function badAnswer(code: (Verdict & { about: "answer" })["code"], reason: string): Ending {
  return { about: "answer", code, reason };
}

function readTokens(data: Record<string, unknown>): Tokens | null {
  const usage = [data.usage, isObject(data.x_groq) ? data.x_groq.usage : null].find(isObject);
  if (usage === undefined) return null;
  const counts = [usage.prompt_tokens, usage.completion_tokens].map((value) => (isCount(value) ? value : null));
  const [inputTokens, outputTokens] = counts;
  if (inputTokens === null && outputTokens === null) return null;
  return { inputTokens: inputTokens ?? 0, outputTokens: outputTokens ?? 0 };
}

/** More than twice what the model with the longest context takes in one call. */
const MOST_TOKENS = 25_000_000;

/** JSON holds -5, 0.5 and 1e300 as well as any count, and one of them would use up the budget, or give it back. */
function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MOST_TOKENS;
}

/** A message's content as one text without the model's thinking. */
function textOf(content: unknown): string {
  return withoutThinking(joined(content)).trim();
}

/** Some servers send parts, some an object where a text belongs. */
function joined(content: unknown): string {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return "";
  if (!Array.isArray(content)) return JSON.stringify(content);
  return content
    .filter((part) => !isObject(part) || (part.type !== "thinking" && part.type !== "reasoning"))
    .map((part) => joined(isObject(part) && "text" in part ? part.text : part))
    .join("");
}

/** Open models think in the answer, in `<think>` blocks whose first tag may be missing, or the last in a cut answer. */
function withoutThinking(text: string): string {
  // Only up to the last end of a block: behind it each beginning would look for one through all the rest.
  const ended = /^[\s\S]*<\/think(?:ing)?>/i.exec(text)?.[0] ?? "";
  const rest = ended.replace(/<think(?:ing)?>[\s\S]*?<\/think(?:ing)?>/gi, "") + text.slice(ended.length);
  // JSON may quote such a tag in a text; a block that began before the answer ends before the JSON does.
  if (/^\s*[[{]/.test(rest)) return rest;
  return rest.replace(/^[\s\S]*<\/think(?:ing)?>/i, "").replace(/<think(?:ing)?>[\s\S]*$/i, "");
}
