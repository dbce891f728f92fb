import { sha256Hex } from "../lib/text.ts";

/** Fields of the metadata that say whose the message is, surest first, as they read without case and marks. */
const PERSONS = ["customer", "requester", "enduser", "contact", "sender", "user"];
const NAMES = ["id", "email", ""];

/**
 * Whose a failure is: by the customer's id or e-mail address, where the helpdesk gives one in the metadata
 * (`customer_id`, `requester: {email}`…); else by the conversation's address; else by the message, so that one message
 * sent twice has one customer. Hashed, because it is compared and never shown.
 */
export function customerKey(given: {
  metadata: Record<string, unknown> | null;
  contextUrl: string | null;
  message: string;
}): Promise<string> {
  const person = personIn(given.metadata ?? {});
  if (person !== null) return sha256Hex(`person ${person}`);
  if (given.contextUrl !== null) return sha256Hex(`conversation ${given.contextUrl.replace(/#.*$/s, "")}`);
  return sha256Hex(`message ${given.message.toLowerCase().replace(/\s+/g, " ").trim()}`);
}

function personIn(metadata: Record<string, unknown>): string | null {
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(metadata)) {
    fields.set(plain(name), value);
    if (typeof value !== "object" || value === null) continue;
    for (const [inner, own] of Object.entries(value)) fields.set(plain(name) + plain(inner), own);
  }
  for (const name of NAMES) {
    for (const person of PERSONS) {
      const value = fields.get(person + name);
      if (typeof value === "number" || (typeof value === "string" && value.trim() !== ""))
        return `${name} ${String(value).trim().toLowerCase()}`;
    }
  }
  return null;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z]/g, "");
}
