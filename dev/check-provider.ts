/** `npm run check:provider`: what a provider and its models can do, for people who set one up. */
import { isLoopback } from "../src/config.ts";
import { Misuse, readArguments, runScript } from "./lib/arguments.ts";
import { readDevVars } from "./lib/settings.ts";
import type { Place } from "./provider-check/ask.ts";
import { correctOnce } from "./provider-check/correction-cost.ts";
import { type Finding, findOut } from "./provider-check/find-out.ts";

const USAGE = `npm run check:provider

Some twenty small calls that tell what a provider and its models can do, which fallbacks Redraft will use, and what ten
corrections cost. Prints a Markdown table for an issue; the key is never in it. Takes OPENAI_BASE_URL, OPENAI_API_KEY,
CORRECTION_MODEL and JUDGE_MODEL from the environment, then from .dev.vars.`;

await runScript(async () => {
  readArguments(process.argv.slice(2), USAGE, {});
  await checkProvider();
});

async function checkProvider(): Promise<void> {
  const { rewriter, judge } = readPlaces();
  const models = rewriter.model === judge.model ? [rewriter] : [rewriter, judge];
  console.log(`Model server: ${rewriter.baseUrl} (some ${models.length * 8 + 5} small calls)\n`);
  for (const place of models) print(`${place.model} at ${new URL(place.baseUrl).host}`, await findOut(place));
  print(`Rewrites by ${rewriter.model}, rated by ${judge.model}`, await correctOnce(rewriter, judge));
}

function readPlaces(): { rewriter: Place; judge: Place } {
  const given = { ...readDevVars(), ...process.env };
  const { OPENAI_BASE_URL = "https://api.openai.com/v1", OPENAI_API_KEY = "", CORRECTION_MODEL, JUDGE_MODEL } = given;
  const baseUrl = OPENAI_BASE_URL.replace(/\/+$/, "");
  if (!URL.canParse(baseUrl)) throw new Misuse("OPENAI_BASE_URL is not an address");
  const url = new URL(baseUrl);
  if (url.protocol !== "https:" && !isLoopback(url))
    throw new Misuse("OPENAI_BASE_URL must be https, unless it is this machine");
  if (OPENAI_API_KEY === "" && !isLoopback(url))
    throw new Misuse("set OPENAI_API_KEY; only a server on this machine needs none");
  const model = CORRECTION_MODEL ?? JUDGE_MODEL;
  if (!model) throw new Misuse("set CORRECTION_MODEL (and JUDGE_MODEL, if another model rates)");
  const place = { baseUrl, apiKey: OPENAI_API_KEY };
  return { rewriter: { ...place, model }, judge: { ...place, model: JUDGE_MODEL ?? model } };
}

function print(title: string, findings: Finding[]): void {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  console.log(`**${title}**\n\n| what | found | Redraft |\n|---|---|---|`);
  for (const { what, found, redraft } of findings) console.log(`| ${cell(what)} | ${cell(found)} | ${cell(redraft)} |`);
  console.log();
}
