import { mayHoldPersonalData } from "./may-hold-personal-data.ts";
import { namesIn } from "./names-in-metadata.ts";
import { findPersonalData } from "./personal-data.ts";

/** More than any conversation has people; looking for each takes time. */
const MOST_NAMES = 20;

/**
 * Whose names a failure gives away: in its metadata, or in any of its texts. They are kept with it, because its texts
 * leave it one by one, and "Quill" of an explanation is a name only to who has read "I am Ada Quill" in the message.
 * @returns each once; null where there are none
 */
export function knownNames(metadata: unknown, texts: readonly string[]): string[] | null {
  const names = new Set(namesIn(metadata));
  for (const text of texts) {
    if (!mayHoldPersonalData(text)) continue;
    for (const { kind, value } of findPersonalData(text)) if (kind === "name") names.add(value);
  }
  return names.size > 0 ? [...names].slice(0, MOST_NAMES) : null;
}
