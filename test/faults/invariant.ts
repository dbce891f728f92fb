import { env } from "cloudflare:test";
import { expect } from "vitest";
import type { World } from "../support/world.ts";

/** More rounds than any failure has tries, and than there are failures that each close the gate once more. */
const ROUNDS = 100;

/** Lets time pass, the sweep run and messages arrive, until nothing is due any more. */
export async function settle(world: World): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await world.deliver();
    const open = await env.DB.prepare("select count(*) as n from failed_replies where due_at is not null").first<{
      n: number;
    }>();
    const runs = await env.DB.prepare("select count(*) as n from correction_runs where fanned_out_at is null").first<{
      n: number;
    }>();
    if (open?.n === 0 && runs?.n === 0) return;
    world.now += 20 * 60_000;
    await world.sweep();
  }
  throw new Error("corrections did not come to rest");
}

/**
 * What must hold once all is at rest: every failure in exactly one final state, one current improvement for each that
 * is improved and none for others, and tokens of the day counted once per attempt.
 */
export async function expectAllWell(world: World, ids: string[]): Promise<void> {
  const { results } = await env.DB.prepare(
    `select f.id, f.status, f.due_at, f.reason,
        (select count(*) from ai_reply_improvements i where i.failed_reply_id = f.id and i.is_current = 1) as current,
        (select count(*) from ai_reply_improvements i where i.failed_reply_id = f.id) as versions
      from failed_replies f where f.id in (select value from json_each(?))`,
  )
    .bind(JSON.stringify(ids))
    .all<{
      id: string;
      status: string;
      due_at: number | null;
      reason: string | null;
      current: number;
      versions: number;
    }>();
  expect(results).toHaveLength(ids.length);
  for (const row of results) {
    expect(["improved", "needs_human", "failed"], JSON.stringify(row)).toContain(row.status);
    expect(row.due_at).toBeNull();
    expect(row.current, JSON.stringify(row)).toBe(row.status === "improved" ? 1 : 0);
    expect(row.versions, JSON.stringify(row)).toBe(row.status === "improved" ? 1 : 0);
    if (row.status !== "improved") expect(row.reason).toBeTruthy();
  }
  const attempts = await env.DB.prepare(
    "select coalesce(sum(input_tokens + output_tokens), 0) as n from correction_attempts",
  ).first<{ n: number }>();
  const days = await env.DB.prepare(
    "select coalesce(sum(input_tokens + output_tokens), 0) as n from daily_usage",
  ).first<{ n: number }>();
  expect(days?.n).toBe(attempts?.n);
  const { results: lost } = await env.DB.prepare(
    "select id from prompts p where not exists (select 1 from failed_replies f where f.prompt_id = p.id)",
  ).all();
  expect(lost).toEqual([]);
  expect(world.corrections.messages).toEqual([]);
}
