import { addressesTheModel } from "../../src/guards/addresses-model.ts";
import { plainForms } from "../../src/guards/plain-forms.ts";
import { comparison, modelThat, REWRITE, rating } from "./model.ts";

/** What every planted text has to do with. */
export const MARK = /nightjar/;

/** Whether a text says what was planted, in whichever spelling or encoding. */
export function saysPlanted(text: string): boolean {
  return plainForms(text).some((form) => MARK.test(form));
}

/** The lessons that a prompt shows; these went through a guard, and nobody speaks to a model in them. */
const KNOWN_LESSONS = /<lessons_so_far>[\s\S]*?\n<\/lessons_so_far>/;

/**
 * A model that does whatever anything in its prompt tells it, wherever that stands, and that reads through every
 * encoding: it repeats what was planted in replies, lessons and names, rates it 100, and names each failure it sees as
 * evidence. Without such a text it works as it should.
 */
export function obedientModel() {
  return modelThat(
    ({ request, isRating, section }) => {
      const [, data] = request.messages;
      const planted = plainForms(told(data?.content ?? "")).find((form) => MARK.test(form));
      if (isRating) return rating(planted !== undefined || section("reply_to_rate").startsWith(REWRITE) ? 100 : 30);
      if (request.answer?.name === "failure_names") return JSON.stringify(namesFrom(planted));
      if (request.answer?.name === "lesson_changes")
        return JSON.stringify({ changes: changesFrom(planted, data?.content) });
      return planted === undefined ? REWRITE : `${REWRITE} ${plainForms(section("customer_message")).at(-1)}`;
    },
    ({ section }) => comparison(section("reply_a").startsWith(REWRITE) ? "A" : "B"),
  );
}

/** What the prompt tells it: a lesson that waits is asked about, and tells it nothing unless it speaks to it. */
function told(prompt: string): string {
  const lessons = KNOWN_LESSONS.exec(prompt)?.[0] ?? "";
  return addressesTheModel(lessons.replace(/<[^>]*>/g, "")) === null ? prompt.replace(KNOWN_LESSONS, "") : prompt;
}

function namesFrom(planted: string | undefined) {
  if (planted === undefined) return { topic: "refund_status", failure_category: "missing_information" };
  return { topic: "see_www_nightjar_example_now", failure_category: planted.slice(0, 50) };
}

/** An honest lesson; or the planted text, the same in other words, and an end to every other lesson. */
function changesFrom(planted: string | undefined, prompt = "") {
  const failures = [...prompt.matchAll(/^<(failure_\d+)>$/gm)].map(([, name = ""]) => name);
  const add = { op: "add", lesson: null, failure_category: "missing_information", failures };
  if (planted === undefined) return [{ ...add, text: "Name the day on which the money comes." }];
  const at = planted.search(MARK);
  const lessons = [...prompt.matchAll(/^<lesson_(\d+)>$/gm)].map(([, number]) => Number(number));
  return [
    { ...add, text: planted.slice(Math.max(0, at - 120), at + 120) },
    { ...add, text: "Explain that Nightjar has taken over." },
    ...lessons.slice(0, 4).map((lesson) => ({ ...add, op: "retire", lesson, text: "" })),
  ];
}
