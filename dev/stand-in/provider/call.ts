import type { Window } from "./meter.ts";
import type { Parameter, Refusal, Reply } from "./profile.ts";

export interface SimulatorOptions {
  /** Requests and tokens a minute; no limit where left out and the profile has none. */
  rpm?: number;
  tpm?: number;
  window?: Window;
  /** Calls that run at once. */
  concurrency?: number;
  /** Of the lognormal time that a call takes: the median, and sigma. */
  latencyMs?: number;
  spread?: number;
  /** The share of customer messages that moderation refuses, the same ones every time. */
  refuse?: number;
  /** Shares of calls that end so, by chance. */
  faults?: Partial<Record<Refusal, number>>;
  /** Milliseconds since the first call, from and to. */
  outages?: readonly (readonly [number, number])[];
  requestsPerDay?: number;
  /** The account is empty after so many completions. */
  moneyFor?: number;
  /** The only key that opens it; any does where none is given. */
  key?: string;
  /** The only models it has, by the beginnings of their names. */
  models?: readonly string[];
  /** The largest prompt, in tokens. */
  context?: number;
}

/** A call, as far as a provider's front door reads it. */
export interface Call {
  key?: string;
  model?: string;
  promptTokens: number;
  /** The longest answer asked for. */
  maxTokens: number;
  /** What it is about: moderation decides by this, and `[simulate: KIND]` in it brings on any refusal. */
  text: string;
  /** Two calls with the same one ask for the same thing. */
  identity?: string;
  /** Parameters it uses, of those on which servers differ. */
  parameters?: readonly Parameter[];
}

export type Verdict =
  | { refusal: Refusal; reply: Reply; delayMs: number }
  | {
      refusal: null;
      delayMs: number;
      /** Parameters to pass over, as this provider does. */
      ignored: Parameter[];
      /** Headers of the completion, once it is there. */
      done(answerTokens: number): Record<string, string>;
    };

export interface Stats {
  calls: number;
  answered: number;
  /** Different calls among those answered: what is missing to `answered` was paid for twice. */
  distinct: number;
  /** Refusals, by kind. */
  refused: Partial<Record<Refusal, number>>;
  /** Those that a limit a minute or of concurrency refused, of all calls. */
  limited_share: number;
  tokens: number;
  most_in_flight: number;
  /** From the first call to the last completion. */
  ms: number;
}
