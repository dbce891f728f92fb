import { env } from "cloudflare:test";
import { scopeName } from "../../src/clusters/context/context.ts";
import { findCluster } from "../../src/clusters/topics/topics.ts";
import { modelThat, REWRITE, rating } from "../support/model.ts";
import { aFailure, askAndRun, createWorld } from "../support/world.ts";

/** A cluster with one lesson, learned from the failures that are named: F1 is the first of three. */
export async function taught(evidence: string[], topic = `erasure-${crypto.randomUUID()}`) {
  // Not what could be taken for personal data: that would not be served in the first place.
  const secret = `the quillfeather ${crypto.randomUUID().replace(/[^a-f]/g, "")}`;
  const change = { op: "add", lesson: null, failure_category: "tone", text: `Ask ${secret}.`, failures: evidence };
  const model = modelThat(({ isRating, section, request }) => {
    if (isRating) return rating(section("reply_to_rate") === REWRITE ? 90 : 30);
    return request.answer ? JSON.stringify({ changes: [change] }) : REWRITE;
  });
  const world = createWorld({ model });
  const ids = await world.correctAll(
    ...[1, 2, 3].map((n) => aFailure({ topic, original_prompt: `Message ${n} ${topic}` })),
  );
  const id = (await findCluster(world.services.db, topic))?.id ?? "";
  await askAndRun(world, "distill", id);
  const path = `/v1/clusters/${topic}`;
  const stub = env.CLUSTERS.get(env.CLUSTERS.idFromName(scopeName({ cluster_id: id })));
  await stub.forget({ cluster_id: id });
  return { world, topic, ids, id, path, secret, stub };
}

/** How many lessons, current or retired, hold a text. */
export const lessonsWith = async (text: string) =>
  (await env.DB.prepare("select count(*) as n from lessons where text like ?").bind(`%${text}%`).first<{ n: number }>())
    ?.n;
