import { isHeldOut } from "../experiments/holdout.ts";
import { newPromptId, type PromptArm } from "../experiments/prompt-id.ts";
import type { Services } from "../services.ts";
import type { Found } from "./find-guidance.ts";

export type DecidingServices = Pick<Services, "config" | "clock" | "chance">;

/** Whether the guidance goes out or is held out, and the prompt's id, which says so to its outcome. */
export function decideArm(services: DecidingServices, { cluster, guidance, shared }: Found, conversation: string) {
  const heldOut = guidance !== null && isHeldOut(conversation, services.config.HOLDOUT_FRACTION);
  const arm: PromptArm = guidance === null ? "plain" : shared ? "shared" : heldOut ? "holdout" : "guided";
  const lessons = arm === "guided" ? (guidance?.lessons ?? 0) : 0;
  const promptId = newPromptId({ arm, cluster: cluster?.context.number ?? 0, lessons }, services);
  return { heldOut, text: heldOut ? null : (guidance?.text ?? null), promptId };
}
