import { Misuse } from "../lib/arguments.ts";
import { type Asked, ask, askStreamed, jsonOf, type Place } from "./ask.ts";

/** One line of the report: what was tried, what came, and what Redraft makes of it. */
export interface Finding {
  what: string;
  found: string;
  redraft: string;
}

const say = (content: string) => ({ messages: [{ role: "user", content }] });
const HELLO = say("Answer with the one word: hello");
const COUNT = say("Count from 1 to 60, with a comma after each number.");
const SHORT = 16;
const CITY = say('Name one large city. Answer as JSON: {"city": string, "country": string}.');
const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, country: { type: "string" } },
  required: ["city", "country"],
  additionalProperties: false,
};

/** Finds out with eight small calls what a model at its server takes. @throws Misuse when it does not answer at all */
export async function findOut(place: Place): Promise<Finding[]> {
  const plain = await ask(place, HELLO);
  if (plain.error !== "") throw new Misuse(`${place.model} gave no answer (${plain.status}): ${plain.error}`);
  const capped = await ask(place, { ...COUNT, max_completion_tokens: SHORT });
  const cappedOld = await ask(place, { ...COUNT, max_tokens: SHORT });
  const cool = await ask(place, { ...HELLO, temperature: 0.3 });
  const strict = { type: "json_schema", json_schema: { name: "city", schema: SCHEMA, strict: true } };
  const schema = await ask(place, { ...CITY, response_format: strict });
  const object = await ask(place, { ...CITY, response_format: { type: "json_object" } });
  const streamed = await askStreamed(place, HELLO);
  const unknown = await ask({ ...place, model: "no-such-model-redraft" }, HELLO);
  const all = [plain, capped, cappedOld, cool, schema, object];
  return [
    { what: "plain answer", found: `${plain.ms} ms`, redraft: shapeOf(plain) },
    cap(capped, cappedOld),
    { what: "max_tokens", found: capOf(cappedOld), redraft: "only where max_completion_tokens is refused" },
    temperature(cool),
    json(schema, object),
    { what: "json_object", found: jsonFound(object), redraft: "only where a strict JSON schema is refused" },
    {
      what: "streaming",
      found:
        streamed.status === 200
          ? `${streamed.chunks} events, the first after ${streamed.firstMs} ms, ${streamed.done ? "ends with [DONE]" : "no [DONE]"}, ${streamed.usage ? "with" : "without"} usage`
          : `refused (${streamed.status})`,
      redraft: "only passed through, in /v1/chat/completions",
    },
    usage(plain),
    limits(all),
    { what: "time of a call", found: timesOf(all), redraft: "up to 90 s for the headers, 120 s in all" },
    {
      what: "unknown model",
      found: unknown.error === "" ? "answers anyway" : `${unknown.status}: ${unknown.error}`,
      redraft: unknown.error === "" ? "a misspelt model name goes unnoticed" : "pauses and says why",
    },
  ];
}

function shapeOf({ content, extraFields }: Asked): string {
  const odd = [
    ...(content?.includes("<think>") ? ["strips <think>"] : []),
    ...extraFields.map((name) => `passes over ${name}`),
    ...(content === null || content === "" ? ["takes an empty answer for none"] : []),
  ];
  return odd.join(", ") || "as it is";
}

function capOf({ error, status, finishReason, usage }: Asked): string {
  if (error !== "") return `refused (${status})`;
  const held = finishReason === "length" || (usage !== null && usage.completion_tokens <= SHORT);
  return held ? "taken" : "passed over";
}

function cap(capped: Asked, cappedOld: Asked): Finding {
  const found = capOf(capped);
  const fallback = cappedOld.error === "" ? "uses max_tokens instead" : "finds no cap that works: answers fail";
  const redraft = found === "taken" ? "uses it" : found === "passed over" ? "answers have no cap" : fallback;
  return { what: "max_completion_tokens", found, redraft };
}

function temperature({ error, status }: Asked): Finding {
  return error === ""
    ? { what: "temperature", found: "taken", redraft: "uses 0.3 for rewrites" }
    : { what: "temperature", found: `refused (${status})`, redraft: "leaves it out" };
}

function jsonFound({ error, status, content }: Asked): string {
  if (error !== "") return `refused (${status}): ${error}`;
  const value = jsonOf(content ?? "");
  if (typeof value !== "object" || value === null) return "passed over: the answer is not bare JSON";
  const fits = "city" in value && "country" in value;
  return fits ? "taken" : "JSON, but not as asked";
}

function json(schema: Asked, object: Asked): Finding {
  const found = jsonFound(schema);
  const next = object.error === "" ? "uses json_object" : "asks in the prompt alone";
  const redraft =
    schema.error !== ""
      ? `${next}, and checks what comes`
      : found === "taken"
        ? "uses it"
        : "reads the JSON out of the text";
  return { what: "strict JSON schema", found, redraft };
}

function usage({ usage: used }: Asked): Finding {
  return used !== null && used.completion_tokens > 0
    ? {
        what: "usage",
        found: `${used.prompt_tokens} in, ${used.completion_tokens} out`,
        redraft: "counts tokens by it",
      }
    : { what: "usage", found: "missing", redraft: "cannot count tokens; DAILY_TOKEN_BUDGET has no effect" };
}

/** What headers tell of limits, as they came with the last call that had any. */
function limits(all: Asked[]): Finding {
  const told = all.map(({ headers }) =>
    [...headers].filter(([name]) => /rate-?limit|tokenlimit|retry-after/i.test(name)),
  );
  const last = told.findLast((headers) => headers.length > 0) ?? [];
  return {
    what: "headers of limits",
    found: last.map(([name, value]) => `${name}: ${value}`).join(", ") || "none",
    redraft: last.length > 0 ? "keeps to them" : "finds the pace itself; set MODEL_REQUESTS_PER_MINUTE if you know it",
  };
}

function timesOf(all: Asked[]): string {
  const times = all.map(({ ms }) => ms).sort((a, b) => a - b);
  return `${times[0]} to ${times.at(-1)} ms, median ${times[Math.floor(times.length / 2)]}`;
}
