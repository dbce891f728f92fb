import type { Fault, FaultCode } from "./answers/fault.ts";
import type { Limits } from "./answers/read-limits.ts";

/** One message to a chat model. */
export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/**
 * The most output tokens a call asks for at first: a long reply and a reasoning model's thoughts. A probe asks for as
 * many, or a model that allows fewer would pass it and refuse each correction.
 */
export const MOST_OUTPUT_TOKENS = 8_000;

export interface ModelRequest {
  model: string;
  messages: ChatMessage[];
  /** Left out for models that refuse it. */
  temperature?: number;
  /** The largest answer, in tokens, thinking included. */
  maxOutputTokens: number;
  /** Tells requests that may take each other's answer, where their messages differ in what may change between tries. */
  same?: string;
  /** Asks for an answer of this JSON Schema; the caller still checks what comes. */
  answer?: { name: string; schema: Record<string, unknown> };
}

/** Tokens as the provider counted them. */
export interface Usage {
  calls: number;
  inputTokens: number;
  outputTokens: number;
}

export interface ModelAnswer {
  text: string;
  usage: Usage;
  /** What the provider said of its limits along with it. */
  limits?: Limits;
}

/** A chat model. Fails with `ModelError` only. */
export interface Model {
  complete(request: ModelRequest): Promise<ModelAnswer>;
}

/**
 * What to do about a failed model call:
 * - `retry`: the same call may work later (429, 5xx, time-out, lost connection);
 * - `repair`: the answer was no good (malformed, cut off, empty); asking again at once may work;
 * - `refused`: the model will not do this one (refusal, content filter); a person has to;
 * - `stop`: nothing will work until an operator acts (quota, key, unknown model).
 */
export type ModelFailure = "retry" | "repair" | "refused" | "stop";

/** The closed list of model failures, kept with the correction as its reason code. */
export type ModelErrorCode = FaultCode | "answer_too_large";

export class ModelError extends Error {
  readonly failure: ModelFailure;
  readonly code: ModelErrorCode;
  /** How long the provider asks to wait, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** What the failed call cost, where the provider said so. */
  readonly usage: Usage;
  /** What the provider's answer was about; null where there was none to read. */
  readonly fault: Fault | null;
  /** What the provider said of its limits along with it. */
  readonly limits: Limits | null;
  /**
   * What happened in our words alone. The message may quote the provider, who may quote the customer: it is for the
   * failure that was asked about, this is for what all failures share.
   */
  readonly says: string;

  constructor(
    failure: ModelFailure,
    code: ModelErrorCode,
    message: string,
    {
      retryAfterMs = null,
      usage = NO_USAGE,
      fault = null,
      limits = null,
      says = `The call to the model failed (${code}).`,
    }: Partial<Pick<ModelError, "retryAfterMs" | "usage" | "fault" | "limits" | "says">> = {},
  ) {
    super(message);
    this.name = "ModelError";
    this.failure = failure;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
    this.usage = usage;
    this.fault = fault;
    this.limits = limits;
    this.says = says;
  }
}

export const NO_USAGE: Usage = { calls: 0, inputTokens: 0, outputTokens: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    calls: a.calls + b.calls,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
  };
}
