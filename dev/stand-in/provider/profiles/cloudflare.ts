import type { Profile, Reply } from "../profile.ts";

/** Cloudflare's own models, and its gateway to everybody's. */

const cloudflare = (status: number, code: number, message: string): Reply => ({
  status,
  body: { errors: [{ message: `AiError: AiError: ${message}`, code }], success: false, result: {}, messages: [] },
});

export const workersAi: Profile = {
  title: "Workers AI",
  window: "minute",
  rpm: 300,
  charges: "used",
  says: {
    requests: () => cloudflare(429, 3021, "Too many requests per minute for this model."),
    concurrency: () => cloudflare(429, 3040, "Capacity temporarily exceeded, please try again."),
    daily: () =>
      cloudflare(
        429,
        4006,
        "you have used up your daily free allocation of 10,000 neurons, please upgrade to Cloudflare's Workers Paid plan.",
      ),
    no_money: () => cloudflare(429, 3036, "you have used up your daily free allocation of 10,000 neurons."),
    overload: () => cloudflare(429, 3040, "Capacity temporarily exceeded, please try again."),
    bad_key: () => ({
      status: 401,
      body: { errors: [{ code: 10000, message: "Authentication error" }], success: false, result: null, messages: [] },
    }),
    no_permission: () => cloudflare(403, 5016, "Model Agreement not accepted."),
    unknown_model: ({ model }) => cloudflare(400, 5007, `No such model ${model} or task`),
    context: () => cloudflare(413, 3006, "Request is too large"),
    error_in_200: () => cloudflare(200, 5024, "JSON Mode couldn't be met"),
  },
};

const gateway = (status: number, code: number, message: string): Reply => ({
  status,
  body: { success: false, result: [], messages: [], error: [{ code, message }] },
});

export const aiGateway: Profile = {
  title: "Cloudflare AI Gateway",
  window: "minute",
  charges: "used",
  says: {
    requests: () => gateway(429, 2003, "Rate limited"),
    tokens: () => gateway(429, 2003, "Rate limited"),
    concurrency: () => gateway(429, 2003, "Rate limited"),
    moderated: () => gateway(424, 2016, "Prompt blocked due to security configurations"),
    filtered: () => gateway(424, 2017, "Response blocked due to security configurations"),
    bad_key: () => gateway(401, 2009, "Unauthorized"),
    no_permission: () => gateway(400, 2001, "Please configure AI Gateway in the Cloudflare dashboard"),
  },
};
