import type { ChatRequest } from "./chat-request.ts";
import { fillSchema } from "./fill-schema.ts";
import type { Learned } from "./learned.ts";
import { distillLessons } from "./lessons.ts";
import { compareReplies, rateReply } from "./rate.ts";
import { placeholderReply, rewriteReply } from "./rewrite.ts";
import { readSections } from "./text.ts";

type Asked = Pick<ChatRequest, "messages" | "response_format">;

/**
 * What the stand-in answers: a rewrite, ratings, a verdict, lessons, a filled schema or a plain placeholder, as the
 * prompt asks for by the names of its sections.
 * @param learned what a tuned model was taught; it is asked where a customer's plain message is
 */
export function answerText({ messages, response_format }: Asked, learned?: Learned): string {
  const said = messages.filter(({ role }) => role === "user").map(({ content }) => content);
  const sections = readSections(said.join("\n\n"));
  const { customer_message: customerMessage = "", agent_reply: agentReply } = sections;
  // Each turn has tags of its own.
  const conversation = sections.conversation?.replace(/^<\/?[a-z]+>$/gm, "");
  const { failed_reply, reply_to_rate, reply_a, reply_b, lessons_so_far, new_failures } = sections;
  if (agentReply !== undefined) {
    const known = { customerMessage, conversation, agentReply };
    if (reply_to_rate !== undefined)
      return JSON.stringify({ ...rateReply({ ...known, reply: reply_to_rate }), usable_reference: true });
    if (reply_a !== undefined && reply_b !== undefined)
      return JSON.stringify(compareReplies({ ...known, reply: reply_a }, { ...known, reply: reply_b }));
    if (failed_reply !== undefined)
      return rewriteReply({ customerMessage, agentReply, again: "problems_of_your_last_rewrite" in sections });
  }
  if (lessons_so_far !== undefined && new_failures !== undefined)
    return JSON.stringify(distillLessons(lessons_so_far, new_failures));
  const last = messages.at(-1);
  const asked = customerMessage || (said.at(-1) ?? "");
  if (response_format?.type === "json_schema")
    return JSON.stringify(fillSchema(response_format.json_schema.schema, textsOf(messages)));
  if (response_format?.type === "json_object") return JSON.stringify({ answer: placeholderReply(asked) });
  if (last?.role === "tool") return placeholderReply(last.content);
  return (asked === said.at(-1) ? learned?.answer(asked) : null) ?? placeholderReply(asked);
}

/** The sections of what the user said; all of it, where it has none. */
export function textsOf(messages: ChatRequest["messages"]): Record<string, string> {
  const prompt = messages.flatMap(({ role, content }) => (role === "user" ? content : [])).join("\n\n");
  const sections = readSections(prompt);
  return Object.keys(sections).length > 0 ? sections : { prompt };
}
