import { guessLanguage, languagesDiffer } from "./language.ts";

export type ReplyProblem =
  | "empty"
  | "empty_value"
  | "error_text"
  | "stack_trace"
  | "provider_error"
  | "html_page"
  | "json"
  | "refusal"
  | "unfilled_blank"
  | "prompt_leak"
  | "wrong_language"
  | "language_of_customer";

/** Why a text is no reply that could be sent: the code, and the words that show it. */
interface ReplyVerdict {
  problem: ReplyProblem;
  evidence: string;
}

/** What a reply is compared with; a phrase that these hold is a topic of the talk and no fault of the reply. */
interface ReplyContext {
  agentReply?: string;
  customerMessage?: string;
}

// A reply may well speak of an error ("you see 'rate limit exceeded' because…"); one that is little else is the error.
const SHORT_REPLY = 280;
const OPENING = 200;
const LONG_EVIDENCE = 120;

const EMPTY_VALUE =
  /^["'`([{<]?(?:undefined|null|nan|none|n\/a|nil|true|false|\[object \w+\]|todo|tbd|lorem ipsum.*|no (?:reply|response|answer|output|content)(?: (?:generated|available|provided))?|\.{2,}|-+|\{\}|\[\]|"")["'`)\]}>]?[.!]?$/is;
const ERROR_TEXT =
  /^\W{0,4}(?:(?:\w{1,40}(?:Error|Exception)|(?:(?:fatal|internal|unexpected|unhandled|unknown|api|network|server|model|provider|openai|anthropic|azure|gemini|llm) ){0,3}(?:error|exception))\b\s?(?:\([^)]{0,40}\)|\d{3}|code)?\s?[:!\u2013-]|(?:error|failed|failure) (?:generating|while|during|occurred|calling|processing|to (?:generate|call|fetch|parse|process|connect))|(?:an? (?:unexpected |internal |unknown )?error (?:occurred|has occurred|was encountered))|(?:failed|unable|could ?n[o']t|cannot) (?:to )?(?:generate|process|complete|parse|fetch) (?:a |the |your |this )?(?:reply|response|request|answer|completion)|HTTP\/?\d?(?:\.\d)? ?[45]\d\d|[45]\d\d (?:bad request|unauthorized|forbidden|not found|too many requests|internal server error|bad gateway|service unavailable|gateway time-?out)|Traceback \(most recent call last\))/i;
const STACK_FRAME =
  /^\s{1,8}at (?:async )?[\w.$<>[\] ]{1,80} ?\(.{1,200}:\d+(?::\d+)?\)|^\s{1,8}at (?:file|node|https?):.{1,200}:\d+|^\s{1,8}File "[^"\n]{1,200}", line \d+|^\s{1,8}at [\w.$]{1,120}\([\w.]{1,80}\.java:\d+\)|^Traceback \(most recent call last\)|^goroutine \d+ \[/m;
const PROVIDER_ERROR =
  /rate[ _-]?limit(?:ed| (?:exceeded|reached)| error)|too many requests|internal server error|service (?:temporarily )?unavailable|bad gateway|gateway time-?out|(?:request|connection|model|operation) timed out|insufficient[ _]quota|exceeded your (?:current )?quota|(?:invalid|incorrect|missing)[ _](?:api[ _]?key|request[ _]error)|model[ _](?:not[ _]found|is (?:currently )?overloaded|overloaded)|overloaded_error|context[ _]length[ _]exceeded|maximum context length|content[ _](?:filter|policy)[ _](?:triggered|violation)|ECONNRE(?:SET|FUSED)|ETIMEDOUT|ENOTFOUND|fetch failed|server had an error/i;
const HTML_PAGE = /^\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!doctype html|<html[\s>]|<head[\s>]|<body[\s>])/i;
const REFUSAL_ANYWHERE =
  /\bas an? (?:ai|artificial intelligence)(?: (?:language )?(?:model|assistant))?\b|\bI(?:'m| am) (?:just |only )?an? (?:ai|artificial intelligence|(?:large )?language model)\b|\bals (?:ki|ai)[- ](?:sprach)?modell\b|\ben tant qu'(?:ia|intelligence artificielle)\b|\bcomo (?:una |um )?(?:ia|modelo de lenguaje|modelo de linguagem)\b/i;
const REFUSAL_SHORT =
  /^\W{0,3}(?:(?:I(?:'m| am) )?(?:very |really |so )?sorry,? (?:but )?|I apologi[sz]e,? (?:but )?|unfortunately,? )?I(?:'m| am)? ?(?:can(?:'t|not| not)|won't|will not|not able to|unable to|must decline to|do(?:n't| not) feel comfortable) (?:to )?(?:assist|help|comply|fulfil{1,2}|complete|continue|provide|rewrite|generate|create|write|produce|do) (?:you )?(?:with )?(?:(?:that|this)(?= request|[.,!]|$)|your request|the request|a (?:reply|response|rewrite)|an answer|such (?:a )?request)/i;
// A placeholder of a redaction, "[NAME_1]", is no blank: whether it may stand there is for the facts to say.
const BLANK =
  /\[(?!(?:name|phone|email)_\d{1,6}\])(?:your|customer|client|agent|company|insert|user|first|last|recipient|support|order|tracking|product|business|add|enter|link|date|phone|email|name|amount|number)(?:'s)?(?:[ _-][\w' /-]{0,40})?\](?!\()|\{\{\s{0,2}[\w.]{1,60}\s{0,2}\}\}|<(?:insert|your|customer|company|name)[ _-][\w ]{0,40}>|\b(?:XX-XX|XXX-XXXX|XXXX)\b/i;
const LEAK =
  /<\/?[a-z]{2,20}(?:_[a-z]{2,20}){1,3}\b[^>\n]{0,80}>|<\/?(?:think|thinking|reasoning|rewrite|reply|conversation|instructions?|rubric|system|assistant|user|prompt|context|guidance|lessons?)>|\b(?:agent_reply|ai_reply|old_reply|original_reply|corrected_reply|customer_message|original_prompt|failure_explanation|failure_category|system_prompt)\b|<\|[\w.-]{1,40}\|>|\[\/?INST\]|^#{1,3} (?:instructions?|system prompt|agent'?s? reply|customer message|failure explanation)\b/im;
const PREAMBLE =
  /^\W{0,4}(?:(?:sure|certainly|of course|okay|ok|absolutely)[,.!] ?)?(?:here(?:'s| is) (?:\w{1,20} ){0,2}(?:rewritten|re-written|rewrite|reworked|polished|(?:corrected|revised|improved|better|final|new|updated) (?:\w{1,20} )?(?:reply|response|answer|version|draft|rewrite))\b[^.\n]{0,60}(?::|\n)|(?:rewritten|corrected|revised|improved|final) (?:reply|response|answer|version)\s{0,2}:|rewrite\s{0,2}:)/i;
const META =
  /\b(?:the (?:agent|human agent|ai)'s (?:reply|answer|response) (?:above|below|says|said|states|was|is|mentions)|the (?:failed reply|(?:original|failed|previous|old) ai reply)|according to the (?:failure explanation|agent'?s? reply|rubric)|as an? (?:improved|corrected|rewritten) (?:reply|response)|my (?:system )?(?:prompt|instructions) (?:say|tell|state|require))\b/i;

/**
 * Tells whether a text can be sent as a reply: not empty, not an error or a page or JSON in its place, no refusal, no
 * unfilled blank, nothing of the prompt, and in the language of the agent's reply (or at least of the customer).
 * Returns one verdict for each problem; none for a reply. Silent where unsure: short texts, mixed languages.
 */
export function checkReplyText(text: string, context: ReplyContext = {}): ReplyVerdict[] {
  const reply = text.replace(/[\u2018\u2019]/g, "'").trim();
  if (!/[\p{L}\p{N}]/u.test(reply)) return [{ problem: "empty", evidence: reply.slice(0, LONG_EVIDENCE) }];
  const known = `${context.agentReply ?? ""}\n${context.customerMessage ?? ""}`
    .replace(/[\u2018\u2019]/g, "'")
    .toLowerCase();
  const verdicts: ReplyVerdict[] = [];
  const look = (problem: ReplyProblem, part: string, pattern: RegExp) => {
    const evidence = pattern.exec(part)?.[0].trim();
    if (evidence === undefined || known.includes(evidence.toLowerCase())) return;
    verdicts.push({ problem, evidence: evidence.slice(0, LONG_EVIDENCE) });
  };

  const opening = reply.slice(0, OPENING);
  const isShort = reply.length <= SHORT_REPLY;
  if (isShort) look("empty_value", reply, EMPTY_VALUE);
  look("error_text", opening, ERROR_TEXT);
  look("stack_trace", text, STACK_FRAME);
  if (isShort) look("provider_error", reply, PROVIDER_ERROR);
  look("html_page", opening, HTML_PAGE);
  if (isJson(reply)) verdicts.push({ problem: "json", evidence: reply.slice(0, LONG_EVIDENCE) });
  look("refusal", reply, REFUSAL_ANYWHERE);
  if (isShort) look("refusal", opening, REFUSAL_SHORT);
  look("unfilled_blank", reply, BLANK);
  look("prompt_leak", reply, LEAK);
  look("prompt_leak", opening, PREAMBLE);
  look("prompt_leak", reply, META);
  return [...verdicts, ...checkLanguage(reply, context)];
}

function checkLanguage(reply: string, { agentReply = "", customerMessage = "" }: ReplyContext): ReplyVerdict[] {
  const mine = guessLanguage(reply);
  const agent = guessLanguage(agentReply);
  if (mine === undefined || agent === undefined || !languagesDiffer(mine, agent)) return [];
  const evidence = `${mine.language ?? mine.script} instead of ${agent.language ?? agent.script}`;
  const customer = guessLanguage(customerMessage);
  const asCustomer = customer !== undefined && customer.script === mine.script && customer.language === mine.language;
  return [{ problem: asCustomer ? "language_of_customer" : "wrong_language", evidence }];
}

/** JSON where prose should be; a fenced block counts too. */
function isJson(reply: string): boolean {
  const body = reply.replace(/^```(?:json)?\s*|\s*```$/gi, "");
  if (!/^[[{][\s\S]*[\]}]$/.test(body)) return false;
  try {
    JSON.parse(body);
    return true;
  } catch {
    return false;
  }
}
