import { env } from "cloudflare:test";
import { aFile, readFile } from "../exports/a-file.ts";
import { type Asked, comparison, modelThat, rating } from "../support/model.ts";
import type { World } from "../support/world.ts";
import { type aProvider, aTunedModel } from "./provider.ts";

export const TUNED = "ft:base:1";

/** Base and tuned model answer by their names; the judge likes the tuned one's replies, or as the test says. */
export function models({
  reply = ({ request }: Asked) => (request.model === TUNED ? "Tuned reply." : "Base reply."),
  rate = (text: string) => rating(text.startsWith("Tuned") ? 80 : 50),
}: {
  reply?: (asked: Asked) => string;
  rate?: (reply: string, asked: Asked) => string | Promise<string>;
} = {}) {
  return modelThat(
    (asked) => (asked.isRating ? rate(asked.section("reply_to_rate"), asked) : reply(asked)),
    ({ section }) => comparison(section("reply_a").startsWith("Tuned") ? "A" : "B"),
  );
}

/** What a worker leaves that died with a comparison in its hands. */
export const leaseOf = (dueAt: number) =>
  env.DB.prepare(
    "insert into jobs (kind, subject, due_at, claim, tries, asked) select 'comparison', id, ?, 'dead', 1, 1 from fine_tune_comparisons",
  ).bind(dueAt);

/** A tuned model, and where its comparison is. */
export async function tunedOn(
  world: World,
  provider: ReturnType<typeof aProvider>,
  options: object = { validation_fraction: 0.3 },
) {
  const exportId = await aFile(world, options);
  const fineTune = await aTunedModel(world, provider, exportId);
  return { exportId, path: `/v1/fine-tunes/${fineTune}/comparison` };
}

export const linesOf = async (world: World, exportId: string, file: string) =>
  (await readFile(world, exportId, file))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

export const allCases = async (world: World, path: string) =>
  (await world.json("GET", `${path}/cases?limit=100`)).data as Record<string, unknown>[];
