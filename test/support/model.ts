import type { Model, ModelRequest } from "../../src/llm/model.ts";

/** What a test model is asked: to rewrite, or to rate a reply. */
export interface Asked {
  request: ModelRequest;
  /** The text of a section of the prompt; empty where it has none. */
  section(name: string): string;
  isRating: boolean;
}

/** A model that answers as the test says. Tokens are 10 in and 5 out a call. */
export function modelThat(answer: (asked: Asked) => string | Promise<string>): Model & { calls: Asked[] } {
  const calls: Asked[] = [];
  return {
    calls,
    async complete(request) {
      const prompt = request.messages.map(({ content }) => content).join("\n");
      const asked: Asked = {
        request,
        section: (name) => new RegExp(`<${name}>\n([\\s\\S]*?)\n</${name}>`).exec(prompt)?.[1] ?? "",
        isRating: request.answer?.name === "rating",
      };
      calls.push(asked);
      return { text: await answer(asked), usage: { calls: 1, inputTokens: 10, outputTokens: 5 } };
    },
  };
}

/** A rewrite in other words than any agent's reply in these tests, so that no guard minds it. */
export const REWRITE =
  "Thanks for waiting. Everything you asked about has been arranged, and nothing more is needed from you.";

/** Rewrites with a fixed text and rates: the rewrite high, everything else low. */
export function goodModel(): Model & { calls: Asked[] } {
  return modelThat(({ isRating, section }) => {
    if (!isRating) return REWRITE;
    return section("reply_to_rate") === REWRITE ? rating(90) : rating(30);
  });
}

export function rating(score: number, reasons = "Because."): string {
  return JSON.stringify({ reasons, accuracy: score, completeness: score, tone: score });
}
