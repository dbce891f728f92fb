import { env } from "cloudflare:test";

const id = (kind: number, i: number) =>
  `01900000-${i.toString(16).padStart(4, "0")}-7000-8000-${kind.toString(16).padStart(12, "0")}`;

export const improvementId = (i: number) => id(3, i);
export const failureId = (i: number) => id(2, i);

/** Puts improvements straight into D1, in the order of their ids; `long` characters in each reply. */
export async function insertImprovements(count: number, long: number, from = 0): Promise<void> {
  const rows = JSON.stringify(
    Array.from({ length: count }, (_, n) => {
      const i = from + n;
      const prompt = i % 10 === 9 ? `Question ${i - 1}, asked twice?` : `Question ${i}, asked twice?`;
      return [
        id(1, i),
        id(2, i),
        id(3, i),
        prompt,
        `Answer ${i} ${"und so weiter, ".repeat(long / 15)}`,
        i % 7 === 0 ? 0 : 40,
      ];
    }),
  );
  await env.DB.batch(
    [
      `insert into prompts (id, original_prompt, created_at) select value->>0, value->>3, 1 from json_each(?)`,
      `insert into failed_replies (id, prompt_id, content_hash, customer_key, ai_reply, agent_reply, occurred_at, status, attempts, tries, created_at, updated_at)
       select value->>1, value->>0, 'x', value->>1, 'Old.', 'Agent ' || (value->>3), 1, 'improved', 1, 1, 1, 1 from json_each(?)`,
      `insert into ai_reply_improvements (id, prompt_id, failed_reply_id, version, is_current, original_prompt, original_reply, corrected_reply, old_rating, new_rating, score_gain_estimate, judgement, model, judge_model, review_status, created_at, rank, mean_rank, doubt, pairwise, guard_findings, edited)
       select value->>2, value->>0, value->>1, 1, 1, value->>3, 'Old.', value->>4, 30, 70, value->>5, '{"rubric":"r1"}', 'm', 'j', 'unreviewed', 1, value->>5, value->>5, 0, 'won', '[]', 0 from json_each(?)`,
    ].map((statement) => env.DB.prepare(statement).bind(rows)),
  );
}

/** Improvements with these prompts, each with a reply of its own. */
export async function insertPrompts(prompts: readonly string[]): Promise<void> {
  await insertImprovements(prompts.length, 30);
  const given = JSON.stringify(prompts.map((prompt, i) => [id(1, i), prompt]));
  await env.DB.batch(
    ["prompts set original_prompt = value->>1 from json_each(?) where prompts.id = value->>0"]
      .concat(
        "ai_reply_improvements set original_prompt = value->>1, score_gain_estimate = 40 from json_each(?) where prompt_id = value->>0",
      )
      .map((change) => env.DB.prepare(`update ${change}`).bind(given)),
  );
}

export async function clearAll(): Promise<void> {
  const tables = [
    "ai_reply_improvements",
    "correction_attempts",
    "failed_replies",
    "prompts",
    "exports",
    "export_checkpoints",
    "fine_tunes",
    "fine_tune_comparisons",
    "fine_tune_comparison_cases",
    "bot_model_changes",
    "daily_usage",
  ];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`delete from ${table}`)));
}

/** Whether what is given to `db.select` is what a page of an export is read with. */
export function isPage([columns]: unknown[]): boolean {
  return typeof columns === "object" && columns !== null && "seq" in columns && "preferred" in columns;
}
