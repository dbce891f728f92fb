import type { Model, ModelRequest } from "../../src/llm/model.ts";

/** What a test model is asked: to rewrite, or to rate a reply. */
export interface Asked {
  request: ModelRequest;
  /** The text of a section of the prompt; empty where it has none. */
  section(name: string): string;
  isRating: boolean;
}

/** What the model was asked: to rewrite and rate (`calls`), and to compare two replies, kept apart. */
export interface Asking {
  calls: Asked[];
  comparisons: Asked[];
}

/**
 * A model that answers as the test says. Tokens are 10 in and 5 out a call.
 * @param compare answers the comparisons, which are ties otherwise
 */
export function modelThat(
  answer: (asked: Asked) => string | Promise<string>,
  compare: (asked: Asked) => string | Promise<string> = () => comparison("tie"),
): Model & Asking {
  const calls: Asked[] = [];
  const comparisons: Asked[] = [];
  return {
    calls,
    comparisons,
    async complete(request) {
      const prompt = request.messages.map(({ content }) => content).join("\n");
      const asked: Asked = {
        request,
        section: (name) => new RegExp(`<${name}>\n([\\s\\S]*?)\n</${name}>`).exec(prompt)?.[1] ?? "",
        isRating: request.answer?.name === "rating",
      };
      const isComparison = request.answer?.name === "comparison";
      (isComparison ? comparisons : calls).push(asked);
      return {
        text: await (isComparison ? compare : answer)(asked),
        usage: { calls: 1, inputTokens: 10, outputTokens: 5 },
      };
    },
  };
}

/** A rewrite in other words than any agent's reply in these tests, so that no guard minds it. */
export const REWRITE =
  "Thanks for waiting. Everything you asked about has been arranged, and nothing more is needed from you.";

/** Rewrites with a fixed text, rates the rewrite high and everything else low, and prefers the rewrite. */
export function goodModel(): Model & Asking {
  return modelThat(
    ({ isRating, section }) => {
      if (!isRating) return REWRITE;
      return section("reply_to_rate") === REWRITE ? rating(90) : rating(30);
    },
    ({ section }) => comparison(section("reply_a") === REWRITE ? "A" : "B"),
  );
}

export function comparison(better: "A" | "B" | "tie", reasons = "Because."): string {
  return JSON.stringify({ reasons, better });
}

export function rating(score: number, reasons = "Because."): string {
  return JSON.stringify({ reasons, accuracy: score, completeness: score, tone: score });
}
