/*
 * Whose names a helpdesk gives along with a failure: by the fields that hold them (`customer_name`, `agent`,
 * `requester: {name}`…), because no pattern tells a name from other words.
 */

const PERSON =
  "customer|client|requester|user|contact|agent|assignee|author|sender|recipient|reporter|buyer|member|guest|patient|passenger|person|employee|operator|caller|subscriber|owner";
const NAME = "name|(?:full|first|middle|last|given|family|display)_name|forename|surname";
const PERSON_FIELD = new RegExp(`^(?:${PERSON})(?:_(?:${NAME}))?$`);
const NAME_FIELD = new RegExp(`^(?:${NAME})$`);

/** A few words of letters, one of them with a capital or in a script without capitals. */
const NAME_LIKE = /^(?=.*[\p{Lu}\p{Lo}])[\p{L}\p{M}'’.-]+(?:,? [\p{L}\p{M}'’.-]+){0,4}$/u;
const SHORTEST = 2;
const LONGEST = 80;

/** "Billing Team" is nobody, and its words stand in many texts. */
const NOBODY =
  /\b(?:team|support|desk|service|services|bot|agent|admin|help|care|customer|system|unknown|anonymous)\b/i;

const DEEPEST = 4;
const MOST_FIELDS = 500;

/** The names of people in a failure's metadata, each once; null where there are none. */
export function namesIn(metadata: unknown): string[] | null {
  const names = new Set<string>();
  let fields = 0;
  const look = (value: unknown, ofPerson: boolean, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > DEEPEST) return;
    for (const [field, inner] of Object.entries(value)) {
      if (++fields > MOST_FIELDS) return;
      const key = field
        .replace(/(\p{Ll})(\p{Lu})/gu, "$1_$2")
        .replace(/[\s-]+/g, "_")
        .toLowerCase();
      const isPerson = PERSON_FIELD.test(key) || (Array.isArray(value) && ofPerson);
      if (typeof inner !== "string") look(inner, isPerson, depth + 1);
      else if (isPerson || (NAME_FIELD.test(key) && (ofPerson || depth === 0))) add(inner);
    }
  };
  const add = (given: string) => {
    // "Ada Quill <ada@example.com>"
    const name = given.replace(/<.*$/s, "").trim().replace(/\s+/g, " ");
    const fits = name.length >= SHORTEST && name.length <= LONGEST;
    if (fits && NAME_LIKE.test(name) && !NOBODY.test(name)) names.add(name);
  };
  look(metadata, false, 0);
  return names.size > 0 ? [...names] : null;
}
