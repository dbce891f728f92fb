import type { Turn } from "../db/schema/failures.ts";

/**
 * Renders texts as named sections of a prompt: `<name>\n…\n</name>`. Text from customers is data: a section's tag
 * inside any text is defused, so that no text can end its own section and speak as the program.
 * Empty and missing texts are left out.
 */
export function sections(texts: Record<string, string | null | undefined>): string {
  const names = Object.keys(texts);
  const tag = new RegExp(`<(?=\\s*/?\\s*(?:${names.join("|")})\\b)`, "gi");
  return Object.entries(texts)
    .filter(([, text]) => text)
    .map(([name, text]) => `<${name}>\n${text?.replace(tag, "‹")}\n</${name}>`)
    .join("\n\n");
}

/** The earlier turns as a prompt shows them. */
export function transcript(conversation: Turn[] | null | undefined): string {
  return (conversation ?? [])
    .map(({ role, content }) => `${role === "user" ? "Customer" : "Assistant"}: ${content}`)
    .join("\n\n");
}
