import type { ChatRequest } from "./chat-request.ts";
import { fillSchema } from "./fill-schema.ts";
import type { Learned } from "./learned.ts";
import { distillLessons } from "./lessons.ts";
import { compareReplies, rateReply } from "./rate.ts";
import { placeholderReply, rewriteReply } from "./rewrite.ts";
import { hash, readSections, shareOf, stemsOf } from "./text.ts";

type Asked = Pick<ChatRequest, "messages" | "response_format">;

/**
 * What the stand-in answers: a rewrite, ratings, a verdict, lessons, a filled schema or a plain placeholder, as the
 * prompt asks for by the names of its sections.
 * @param learned what a tuned model was taught; it is asked where a customer's plain message is
 */
export function answerText({ messages, response_format }: Asked, learned?: Learned): string {
  const said = messages.filter(({ role }) => role === "user").map(({ content }) => content);
  const sections = readSections(said.join("\n\n"));
  const { customer_message: customerMessage = "", conversation, agent_reply: agentReply } = sections;
  const { failed_reply, reply_to_rate, reply_a, reply_b, lessons_in_force, new_failures } = sections;
  if (agentReply !== undefined) {
    const known = { customerMessage, conversation, agentReply };
    if (reply_to_rate !== undefined)
      return JSON.stringify({ ...rateReply({ ...known, reply: reply_to_rate }), usable_reference: true });
    if (reply_a !== undefined && reply_b !== undefined)
      return JSON.stringify(compareReplies({ ...known, reply: reply_a }, { ...known, reply: reply_b }));
    if (failed_reply !== undefined)
      return rewriteReply({ customerMessage, agentReply, again: "problems_of_your_last_rewrite" in sections });
  }
  if (lessons_in_force !== undefined && new_failures !== undefined)
    return JSON.stringify(distillLessons(lessons_in_force, new_failures));
  const last = messages.at(-1);
  const asked = customerMessage || (said.at(-1) ?? "");
  if (response_format?.type === "json_schema")
    return JSON.stringify(fillSchema(response_format.json_schema.schema, textsOf(messages)));
  if (response_format?.type === "json_object") return JSON.stringify({ answer: placeholderReply(asked) });
  if (last?.role === "tool") return placeholderReply(last.content);
  return (asked === said.at(-1) ? learned?.answer(asked) : null) ?? placeholderReply(asked);
}

/** The sections of what the user said; all of it, where it has none. */
function textsOf(messages: ChatRequest["messages"]): Record<string, string> {
  const prompt = messages.flatMap(({ role, content }) => (role === "user" ? content : [])).join("\n\n");
  const sections = readSections(prompt);
  return Object.keys(sections).length > 0 ? sections : { prompt };
}

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
    name === named ? 1 : shareOf(asked, stemsOf(`${name.replace(/_/g, " ")} ${description}`));
  const tool = tools.toSorted((a, b) => fits(b) - fits(a))[0];
  if (tool === undefined) return null;
  if (tool_choice === "auto" && (messages.at(-1)?.role !== "user" || fits(tool) === 0)) return null;
  const { name, parameters } = tool.function;
  const filled = JSON.stringify(fillSchema({ type: "object", ...parameters }, textsOf(messages)));
  return { id: `call_${hash(name + filled).toString(16)}`, type: "function", function: { name, arguments: filled } };
}
