/** What a provider answered, as plain values. */
export interface ProviderAnswer {
  /** The HTTP status. */
  status: number;
  headers: Headers;
  /** The body as it came: JSON of any shape, HTML or plain text. For an event of a stream, its data. */
  body: string;
  /** When it came, in milliseconds since 1970. */
  at: number;
}

/** What an answer that is no use is about, and so who has to do something. */
export type Fault = Because & Verdict;

export type Verdict =
  | RequestFault
  | AnswerFault
  | ParameterFault
  | LimitFault
  | QuotaFault
  | MoneyFault
  | SetupFault
  | HealthFault;

export type FaultCode = Fault["code"];

/** The closed list of what a fault may be about. */
export type About = Fault["about"];

interface Because {
  /** Plain English that may be shown and stored: no key, of the provider's words an excerpt. */
  reason: string;
  /** The same without a word of the provider's, where `reason` has some: for what all failures share. */
  says?: string;
  /** How long the provider asks to wait, in milliseconds; null where it does not say. */
  retryAfterMs: number | null;
}

/** The provider will not do this request, today or tomorrow; others are fine. */
interface RequestFault {
  about: "request";
  code: "content_filter" | "refusal" | "context_too_long" | "request_too_large" | "request_rejected";
}

/** The model answered, but with nothing that can be used. Asking again may help. */
interface AnswerFault {
  about: "answer";
  code: "truncated_answer" | "empty_answer" | "malformed_answer";
}

/** The server does not take a parameter: without it the same request may pass. */
interface ParameterFault {
  about: "parameter";
  code: "unsupported_parameter";
  /** As it is called in the request: `temperature`, `response_format`… */
  parameter: string;
}

/** Too much in a short time: passes within seconds or minutes. */
interface LimitFault {
  about: "limit";
  code: "rate_limited" | "too_many_at_once";
  which: "requests" | "tokens" | "concurrency" | "unknown";
}

/** What is allowed for a day or a month is used up. */
interface QuotaFault {
  about: "quota";
  code: "quota_exhausted";
  /** When it begins again, where the provider says so. */
  untilMs: number | null;
}

/** The account has no credit left, or has reached a spending limit. */
interface MoneyFault {
  about: "money";
  code: "no_credit" | "spend_limit";
  untilMs: number | null;
}

/** Only an operator can mend it. */
interface SetupFault {
  about: "setup";
  code: "bad_key" | "no_permission" | "region_blocked" | "account_blocked" | "unknown_model" | "wrong_address";
  /** Whether every request fails so, or only those to this model. */
  scope: "account" | "model";
  /** False where only the status hints at it: then one such answer may be about one request after all. */
  sure: boolean;
}

/** The provider is busy, broken or out of reach. */
interface HealthFault {
  about: "health";
  code: "overloaded" | "timeout" | "connection_lost" | "provider_error";
}
