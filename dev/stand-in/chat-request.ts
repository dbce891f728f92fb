import { z } from "zod";
import { record } from "./api.ts";
import type { Schema } from "./fill-schema.ts";

const jsonSchema = record.transform((schema) => schema as Schema);

const content = z.union([
  z.string(),
  z
    .array(z.looseObject({ text: z.string().optional() }))
    .transform((parts) => parts.map(({ text }) => text ?? "").join("")),
]);

const message = z.object({
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: content.nullish().transform((text) => text ?? ""),
});

const tool = z.object({
  type: z.literal("function"),
  function: z.object({ name: z.string(), description: z.string().default(""), parameters: jsonSchema.default({}) }),
});

const format = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text") }),
  z.object({ type: z.literal("json_object") }),
  z.object({ type: z.literal("json_schema"), json_schema: z.object({ name: z.string(), schema: jsonSchema }) }),
]);

/** A chat request, as far as the stand-in reads it. */
export const chatRequest = z.object({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  response_format: format.nullish(),
  max_completion_tokens: z.number().min(1).nullish(),
  max_tokens: z.number().min(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().optional() }).nullish(),
  tools: z.array(tool).default([]),
  tool_choice: z
    .union([z.enum(["none", "auto", "required"]), z.object({ function: z.object({ name: z.string() }) })])
    .default("auto"),
});

export type ChatRequest = z.infer<typeof chatRequest>;
