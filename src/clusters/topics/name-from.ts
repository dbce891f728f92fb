import { checkLesson } from "../../guards/check-lesson.ts";
import { findEcho } from "../../guards/echo.ts";
import { textWithoutPersonalData, withoutNumbers } from "../../guards/without-personal-data.ts";
import { label } from "../../lib/text.ts";
import { visibleText } from "../../lib/visible-text.ts";
import { topicKey } from "./topics.ts";

/** A name of a model's is short: what is longer is a sentence. */
const MOST_CHARACTERS = 60;
const MOST_WORDS = 6;

/** A name with this many words in a row from a text is a stretch of it. */
const ECHO_WORDS = 4;

/**
 * The name that a model gave, if it may be one: a known name, in whichever spelling; or a new one of a few words of its
 * own, as a slug without anybody's data. Names stand in everybody's prompts, so a stretch of what somebody wrote is none,
 * nor is what could not be a lesson. Models also answer "null".
 * @param told the texts that the model was shown
 * @param people the names that the failure's metadata gives
 */
export function nameFrom(
  given: string | null,
  known: readonly string[],
  told: readonly string[],
  people: readonly string[] | null = null,
): string | null {
  const asked = label(visibleText(given ?? ""));
  const same = known.find((name) => topicKey(name) === topicKey(asked));
  if (same !== undefined) return same;
  // Twice, because `ada_quill` is read as a name only once its words stand apart.
  const slug = slugOf(slugOf(asked, people).replaceAll("_", " "), people);
  const words = slug.split("_").filter(Boolean);
  if (words.length === 0 || words.length > MOST_WORDS || slug.length > MOST_CHARACTERS) return null;
  if (!/\p{L}/u.test(slug) || /^(?:null|none|unknown|n_a)$/.test(slug)) return null;
  // As it was given: what is redacted tells what the rest is about.
  const spoken = topicKey(asked).replaceAll("_", " ");
  if (checkLesson(spoken) !== null || findEcho(spoken, told, [], ECHO_WORDS) !== null) return null;
  return slug;
}

function slugOf(text: string, people: readonly string[] | null): string {
  return topicKey(withoutNumbers(textWithoutPersonalData(text, people)));
}
