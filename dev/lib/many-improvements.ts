/** Improvements by the hundred thousand, put into a local database by the `sqlite3` command line, and written out by it. */
import { execFileSync } from "node:child_process";

/** Messages of 60 to 500 characters and replies of 250 to 700, all different; one in twenty contains an e-mail address. */
export function fill(database: string, rows: number): void {
  const sentences = [
    "Hi, I sent back the jacket from my order almost two weeks ago and have heard nothing since.",
    "Where is my refund?",
    "Your website says five working days, but that time is over now.",
    "The tracking page has said ''out for delivery'' since Tuesday and nobody rang the bell.",
    "I would like to change the delivery address before the parcel leaves your warehouse.",
    "Thank you for your patience, and sorry for the trouble this has caused you.",
    "Your refund left us on Monday; most banks show it within five working days.",
    "You can follow it in your account under Orders, where you also find the return label.",
    "If nothing has arrived by the end of next week, reply to this message and we will look into it with the carrier.",
    "Please keep the receipt until then, because the shop will ask you for it.",
    "Ich habe die Jacke schon vor zwei Wochen zurückgeschickt und noch nichts gehört.",
    "The second charge is a reservation, not a payment; your bank releases it by itself.",
  ];
  const text = (seed: number, count: string) =>
    `(select group_concat(t, ' ') from (select t from s, json_each('[0,1,2,3,4,5]') k where s.n = (i * ${seed} + k.value * (i % 7 + ${seed})) % ${sentences.length} and k.value < ${count}))`;
  const hex = "printf('%08x-%04x-7000-8000-%012x', 0x01900000 + i / 65536, i % 65536, i)";
  const judgement = `'{"rubric":"2026-11","old":[{"reasons":"' || ${text(5, "3")} || '","accuracy":40,"completeness":30,"tone":60,"rating":39.5}],"new":[{"reasons":"' || ${text(11, "3")} || '","accuracy":90,"completeness":85,"tone":90,"rating":88.25}]}'`;
  sqlite(
    database,
    `pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = off;
    ${indexesOf(database)
      .map((name) => `drop index ${name};`)
      .join("\n")}
    create temp table s(n integer primary key, t text);
    insert into s values ${sentences.map((sentence, n) => `(${n}, '${sentence}')`).join(", ")};
    with recursive c(i) as (select 1 union all select i + 1 from c where i < ${rows})
    insert into ai_reply_improvements
      (id, prompt_id, failed_reply_id, version, is_current, original_prompt, original_reply, corrected_reply, old_rating,
       new_rating, score_gain_estimate, judgement, failure_category, model, judge_model, review_status, created_at, rank, mean_rank, doubt, pairwise, guard_findings, edited)
    select ${hex}, ${hex}, ${hex}, 1, 1,
      ${text(3, "i % 5 + 1")} || ' Order LK-' || (20000 + i) || case when i % 20 = 0 then ', write to kim' || i || '@example.org' else '' end,
      ${text(7, "2")}, ${text(13, "i % 4 + 3")} || ' (' || i || ')', 39, 88, 49, ${judgement}, 'missing_information',
      'gpt-6-luna', 'gpt-6-luna', 'unreviewed', 0, 49, 49, 0, 'won', '[]', 0 from c;
    pragma journal_mode = wal;`,
  );
}

/** Filling is many times faster without the indexes that an export does not use. */
function indexesOf(database: string): string[] {
  const list =
    "select name from sqlite_schema where tbl_name = 'ai_reply_improvements' and type = 'index' and sql is not null";
  return sqlite(database, list).trim().split("\n");
}

/** The same lines by the command line, into a file. @returns milliseconds */
export function writeLines(database: string, file: string): number {
  const began = performance.now();
  sqlite(
    database,
    `.output ${file}
    select json_object('messages', json_array(json_object('role', 'user', 'content', original_prompt),
      json_object('role', 'assistant', 'content', corrected_reply)))
    from ai_reply_improvements where is_current = 1 and score_gain_estimate >= 1 order by id;`,
  );
  return Math.round(performance.now() - began);
}

function sqlite(database: string, sql: string): string {
  return execFileSync("sqlite3", [database], { input: sql, encoding: "utf8" });
}
