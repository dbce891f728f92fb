import { readFileSync } from "node:fs";
import pLimit from "p-limit";
import { mean } from "../../src/lib/statistics/estimates.ts";
import type { RouterExample } from "../../src/router/training-set.ts";
import { inputFile, readArguments, wholeNumber } from "../lib/arguments.ts";
import { type Client, createClient, waitUntilUp } from "../lib/client.ts";
import {
  auroc,
  calibrationError,
  FOLDS,
  firstOfEach,
  type Judged,
  LEFT_OUT_TOPICS,
  parseCsv,
  SEED,
  share,
  split,
  withoutTopics,
} from "../lib/labelled-messages.ts";
import { readObjects } from "../lib/ndjson.ts";
import { freePort } from "../lib/processes.ts";
import { seeded, shuffled } from "../lib/seeded.ts";
import { newKey } from "../lib/settings.ts";
import { table } from "../lib/terminal.ts";
import { untilTrained } from "../lib/until-trained.ts";
import { startFresh } from "../lib/wrangler.ts";

const STATE = ".wrangler/bench-router-api";
const IN_FLIGHT = 8;
/** Messages asked about in one scenario: enough for half a point, in some seconds. */
const MOST_ASKED = 3_000;

const USAGE = `npm run bench -- router-api FILE.csv [--folds ${FOLDS}] [--test FILE.csv] [--other FILE.ndjson]
    [--only full,10,5,left-out]

How well the product as a whole routes your own labelled messages: failures are recorded with their topics through the
API, the router trains, and POST /v1/prompts is asked about messages that were held back. A message that gets no cluster
counts as wrong. FILE.csv has the columns text,category, as for \`router\`.

  --test   messages to ask about, in a file of their own, in the same columns: all of FILE.csv is learned; those of a
           topic that it does not have (such as CLINC150's oos) should get no cluster
  --other  failures of another trade, whose prompts should get no cluster`;

interface Prompt {
  cluster: { topic: string; confidence: number } | null;
  candidates: { topic: string; confidence: number }[];
}

interface Result {
  what: string;
  asked: Judged[];
  unseen?: Judged[];
  trainedAfterS: number;
}

export async function benchRouterApi(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args, USAGE, {
    folds: { type: "string", default: "1" },
    test: { type: "string" },
    other: { type: "string" },
    only: { type: "string", default: "full,10,5,left-out" },
  });
  const path = inputFile(positionals[0], USAGE);
  const examples = shuffled(readCsv(path), seeded(SEED));
  const other = values.other === undefined ? [] : readPrompts(inputFile(values.other, USAGE));
  const wanted = values.only.split(",");
  const results: Result[] = [];
  if (values.test !== undefined) {
    const topics = new Set(examples.map(({ topic }) => topic));
    const tests = Map.groupBy(readCsv(inputFile(values.test, USAGE)), ({ topic }) => topics.has(topic));
    results.push(
      await scenario("all, tested on its own file", examples, tests.get(true) ?? [], tests.get(false) ?? []),
    );
    return report(results);
  }
  if (wanted.includes("full")) {
    for (let fold = 0; fold < wholeNumber(values.folds, "--folds"); fold++) {
      const { learned, heldBack } = split(examples, fold);
      results.push(await scenario(`fold ${fold + 1} of ${FOLDS}`, learned, heldBack, other));
    }
  }
  for (const perTopic of [10, 5].filter((n) => wanted.includes(String(n)))) {
    const { few, rest } = firstOfEach(examples, perTopic);
    results.push(await scenario(`${perTopic} a topic`, few, rest.slice(0, MOST_ASKED), other));
  }
  if (wanted.includes("left-out")) {
    const { known, unseen } = withoutTopics(examples, seeded(SEED + 101));
    const { learned, heldBack } = split(known, 0);
    results.push(await scenario(`${LEFT_OUT_TOPICS} topics left out`, learned, heldBack, unseen.slice(0, MOST_ASKED)));
  }
  report(results);
}

const readCsv = (path: string): RouterExample[] => parseCsv(readFileSync(path, "utf8"));

function readPrompts(path: string): RouterExample[] {
  const texts = new Set<unknown>(
    readObjects(path).flatMap((row: { original_prompt?: unknown }) => row.original_prompt || []),
  );
  return [...texts].slice(0, MOST_ASKED).map((text) => ({ text: String(text), topic: "" }));
}

/** One empty product that learns `known` and is asked about the rest. */
async function scenario(
  what: string,
  known: RouterExample[],
  heldBack: RouterExample[],
  unseen: RouterExample[],
): Promise<Result> {
  const [port, key] = [await freePort(8970), newKey()];
  // One caller asks as fast as it can. This takes the place of the limit's binding, so that there is none.
  const worker = await startFresh(port, STATE, { ADMIN_KEY: key, LIMIT_PROMPTS: "off" });
  const url = `http://localhost:${port}`;
  try {
    await waitUntilUp(url, worker.ended);
    const client = createClient(url, key);
    const lines = known.map(
      ({ text, topic }) =>
        `${JSON.stringify({ original_prompt: text, topic, ai_reply: "No.", agent_reply: "Yes." })}\n`,
    );
    const { recorded } = await client.postNdjson<{ recorded: number }>("/v1/failures", new Blob(lines).stream());
    if (recorded !== known.length) throw new Error(`${recorded} of ${known.length} failures were recorded`);
    const began = performance.now();
    // One that began during the import leaves the last failures to the next, for which they may be too few.
    await client.post("/v1/router/train", {});
    await untilTrained(client);
    const trainedAfterS = (performance.now() - began) / 1_000;
    const result = { what, asked: await askAll(client, heldBack), unseen: await askAll(client, unseen), trainedAfterS };
    const right = percent(result.asked, (one) => one.first && one.given);
    console.log(`${what}: ${known.length} recorded, trained ${trainedAfterS.toFixed(0)} s later, ${right} right`);
    return result;
  } finally {
    await worker.stop();
  }
}

async function askAll(client: Client, messages: RouterExample[]): Promise<Judged[]> {
  const limit = pLimit(IN_FLIGHT);
  return Promise.all(
    messages.map(({ text, topic }) =>
      limit(async () => {
        const { cluster, candidates } = await client.post<Prompt>("/v1/prompts", { customer_message: text });
        const [best] = candidates;
        return {
          given: cluster !== null,
          first: (cluster?.topic ?? best?.topic) === topic,
          three: candidates.some((candidate) => candidate.topic === topic),
          confidence: cluster?.confidence ?? best?.confidence ?? 0,
        };
      }),
    ),
  );
}

function percent(asked: readonly Judged[], test: (one: Judged) => boolean): string {
  return asked.length === 0 ? "–" : `${(100 * share(asked, test)).toFixed(1)}%`;
}

function report(results: Result[]): void {
  const confidences = (asked: Judged[]) => asked.map(({ confidence }) => confidence);
  console.log(
    `\n${table<Result>(
      [
        { title: "learned", value: ({ what }) => what },
        { title: "asked", value: ({ asked }) => asked.length, right: true },
        { title: "right, none is wrong", value: ({ asked }) => percent(asked, (one) => one.first && one.given) },
        { title: "first candidate right", value: ({ asked }) => percent(asked, (one) => one.first) },
        { title: "among three", value: ({ asked }) => percent(asked, (one) => one.three) },
        { title: "none", value: ({ asked }) => percent(asked, (one) => !one.given) },
        {
          title: "right among named",
          value: ({ asked }) =>
            percent(
              asked.filter((one) => one.given),
              (one) => one.first,
            ),
        },
        { title: "ECE", value: ({ asked }) => calibrationError(asked).toFixed(3) },
        { title: "unseen: none", value: ({ unseen = [] }) => percent(unseen, (one) => !one.given) },
        {
          title: "AUROC",
          value: ({ asked, unseen = [] }) =>
            unseen.length === 0 ? "–" : auroc(confidences(asked), confidences(unseen)).toFixed(3),
        },
        { title: "trained after", value: ({ trainedAfterS }) => `${trainedAfterS.toFixed(0)} s`, right: true },
      ],
      results,
    )}`,
  );
  const folds = results.filter(({ what }) => what.startsWith("fold"));
  if (folds.length > 1) {
    const right = folds.map(({ asked }) => share(asked, (one) => one.first && one.given));
    console.log(`\n${folds.length} folds: ${(100 * mean(right)).toFixed(2)}% right, none counted as wrong`);
  }
}
