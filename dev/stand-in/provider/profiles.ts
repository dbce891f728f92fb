import type { Profile } from "./profile.ts";
import { aiGateway, workersAi } from "./profiles/cloudflare.ts";
import { anthropic, deepseek, fireworks, groq, together } from "./profiles/hosted.ts";
import { llamaCpp, lmStudio, ollama, vllm } from "./profiles/local.ts";
import { azure, openai } from "./profiles/openai.ts";
import { gemini, mistral, openrouter, xai } from "./profiles/own-shapes.ts";

/**
 * Every provider that can be played, by the name it has on the command line. Written from the providers' documents and
 * from error bodies that others have published, never from a live account: docs/providers.md.
 */
export const PROFILES = {
  openai,
  azure,
  openrouter,
  anthropic,
  gemini,
  groq,
  mistral,
  together,
  fireworks,
  deepseek,
  xai,
  "workers-ai": workersAi,
  "ai-gateway": aiGateway,
  ollama,
  vllm,
  "llama.cpp": llamaCpp,
  "lm-studio": lmStudio,
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;

export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name);
}
