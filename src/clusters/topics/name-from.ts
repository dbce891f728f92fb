import { checkLesson } from "../../guards/check-lesson.ts";
import { findEcho } from "../../guards/echo.ts";
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
 * own, as a slug. Names stand in everybody's prompts, so a stretch of what somebody wrote is none, nor is what could not
 * be a lesson. Models also answer "null".
 * @param told the texts that the model was shown
 */
export function nameFrom(given: string | null, known: readonly string[], told: readonly string[]): string | null {
  const slug = topicKey(label(visibleText(given ?? "")));
  const same = known.find((name) => topicKey(name) === slug);
  if (same !== undefined) return same;
  const words = slug.split("_").filter(Boolean);
  if (words.length === 0 || words.length > MOST_WORDS || slug.length > MOST_CHARACTERS) return null;
  if (!/\p{L}/u.test(slug) || /^(?:null|none|unknown|n_a)$/.test(slug)) return null;
  const spoken = words.join(" ");
  if (checkLesson(spoken) !== null || findEcho(spoken, told, [], ECHO_WORDS) !== null) return null;
  return slug;
}
