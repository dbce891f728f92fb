import type { ExportFormat } from "../../src/db/schema/exports.ts";

const ROLES = ["system", "user", "assistant"];

/** Holds a training file against the rules of the public checkers. @returns each fault in words */
export function checkTrainingFile(format: ExportFormat, file: string): string[] {
  const faults: string[] = [];
  if (file.startsWith("\uFEFF")) faults.push("begins with a byte order mark");
  if (file !== "" && !file.endsWith("\n")) faults.push("does not end with a line feed");
  for (const [i, line] of file.split("\n").slice(0, -1).entries()) {
    const say = (fault: string) => faults.push(`line ${i + 1}: ${fault}`);
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      say("is not JSON");
      continue;
    }
    for (const [name, list, last] of messageLists(format, value as Record<string, unknown>, say)) {
      if (!Array.isArray(list) || list.length === 0) {
        say(`${name} has no messages`);
        continue;
      }
      for (const message of list as Record<string, unknown>[]) {
        const keys = Object.keys(message).filter((key) => !["role", "content", "weight"].includes(key));
        if (keys.length > 0) say(`${name} has unknown keys ${keys}`);
        if (!ROLES.includes(String(message.role))) say(`${name} has an unknown role`);
        if (typeof message.content !== "string" || message.content.trim() === "") say(`${name} has empty content`);
        else if (!message.content.isWellFormed()) say(`${name} holds half a character`);
      }
      if (list.at(-1)?.role !== last) say(`${name} does not end with ${last}`);
      if (last === "assistant" && name !== "messages" && list.length !== 1) say(`${name} is not one message`);
    }
  }
  return faults;
}

type List = [name: string, list: unknown, lastRole: string];

function messageLists(format: ExportFormat, value: Record<string, unknown>, say: (fault: string) => void): List[] {
  const keys = {
    "openai-sft": ["messages"],
    "openai-dpo": ["input", "preferred_output", "non_preferred_output"],
    "trl-sft": ["prompt", "completion"],
    "trl-dpo": ["prompt", "chosen", "rejected"],
  }[format];
  if (JSON.stringify(Object.keys(value)) !== JSON.stringify(keys)) say(`has the keys ${Object.keys(value)}`);
  if (format === "openai-sft") return [["messages", value.messages, "assistant"]];
  if (format === "openai-dpo") {
    const input = value.input as Record<string, unknown> | undefined;
    return [
      ["input", input?.messages, "user"],
      ["preferred_output", value.preferred_output, "assistant"],
      ["non_preferred_output", value.non_preferred_output, "assistant"],
    ];
  }
  const [prompt = "", ...answers] = keys;
  return [[prompt, value[prompt], "user"], ...answers.map((name): List => [name, value[name], "assistant"])];
}
