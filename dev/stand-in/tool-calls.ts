import { textsOf } from "./answer.ts";
import type { ChatRequest } from "./chat-request.ts";
import { fillSchema } from "./fill-schema.ts";
import { hash, shareOf, stemsOf } from "./text.ts";

export interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/**
 * The tool that is called instead of an answer: the one demanded, or the one whose name and description share most
 * words with what the user just said. Null where none does, or a tool has just answered.
 */
export function pickToolCall({ tools, tool_choice, messages }: ChatRequest): ToolCall | null {
  if (tool_choice === "none") return null;
  const named = typeof tool_choice === "object" ? tool_choice.function.name : null;
  const asked = stemsOf(messages.at(-1)?.content ?? "");
  const fits = ({ function: { name, description } }: ChatRequest["tools"][number]) =>
    name === named ? 2 : shareOf(asked, stemsOf(`${name.replace(/_/g, " ")} ${description}`));
  const tool = tools.toSorted((a, b) => fits(b) - fits(a))[0];
  if (tool === undefined) return null;
  if (tool_choice === "auto" && (messages.at(-1)?.role !== "user" || fits(tool) === 0)) return null;
  const { name, parameters } = tool.function;
  const filled = JSON.stringify(fillSchema({ type: "object", ...parameters }, textsOf(messages)));
  return { id: `call_${hash(name + filled).toString(16)}`, type: "function", function: { name, arguments: filled } };
}
