import type { z } from "zod";
import type { FieldError } from "./errors.ts";

/** What zod found, as one plain sentence per field. Says what was expected, never repeats what was sent. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue): FieldError[] => {
    const at = pointer(issue.path);
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ pointer: pointer([...issue.path, key]), detail: "is not a known field" }));
    }
    if (issue.code === "invalid_type") {
      const missing = issue.message.endsWith("received undefined");
      return [{ pointer: at, detail: missing ? "is required" : `must be ${article(issue.expected)}` }];
    }
    if (issue.code === "too_small" && issue.origin === "number") {
      return [{ pointer: at, detail: `must be at least ${issue.minimum}` }];
    }
    if (issue.code === "too_big" && issue.origin === "number") {
      return [{ pointer: at, detail: `must be at most ${issue.maximum}` }];
    }
    return [{ pointer: at, detail: issue.message }];
  });
}

/** All of it in one line, for a reply that has one line per error: `ai_reply is required; topic is too long`. */
export function fieldErrorLine(errors: FieldError[]): string {
  return errors.map(({ pointer: at, detail }) => (at === "" ? detail : `${at.slice(1)} ${detail}`)).join("; ");
}

/** JSON pointer (RFC 6901). */
function pointer(path: PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function article(expected: string): string {
  return /^[aeio]/.test(expected) ? `an ${expected}` : `a ${expected}`;
}
