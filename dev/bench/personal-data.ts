import { mayHoldPersonalData } from "../../src/guards/may-hold-personal-data.ts";
import { findPersonalData, redact } from "../../src/guards/personal-data.ts";
import { mean } from "../../src/lib/statistics/estimates.ts";
import { inputFile, readArguments, wholeNumber } from "../lib/arguments.ts";
import { readObjects } from "../lib/ndjson.ts";
import { type Plant, plantInto } from "../lib/plant-personal-data.ts";
import { seeded } from "../lib/seeded.ts";
import { plainTable } from "../lib/terminal.ts";

const USAGE = `npm run bench -- personal-data FILE.ndjson [--seed N] [--misses N] [--alarms N]

Plants invented personal data of each kind, in English, German, French, Spanish and Italian, into the texts of a file of
failures (one JSON object per line: original_prompt, ai_reply, agent_reply), and counts what the finders find of it: a
piece counts where all of it is found, as its kind. "hard" plantings say nothing that gives the piece away, and are
counted apart. Then it looks at the texts as they are and shows what is found there (--alarms of each kind), to be judged
by a person: what is real personal data is no false alarm. Last, the time of the gate and of a redaction.`;

const FIELDS = ["original_prompt", "ai_reply", "agent_reply"] as const;

export async function benchPersonalData(args: string[]): Promise<void> {
  const { values, positionals } = readArguments(args, USAGE, {
    seed: { type: "string", default: "1" },
    misses: { type: "string", default: "5" },
    alarms: { type: "string", default: "12" },
  });
  const rows = readObjects(inputFile(positionals[0], USAGE)).map((row) =>
    FIELDS.map((field) => (row as Record<string, unknown>)[field]).filter((text) => typeof text === "string"),
  );
  const chance = seeded(wholeNumber(values.seed, "--seed"));
  showRecall(
    rows.flatMap((texts) => texts.slice(0, 1).flatMap((text) => plantInto(text, chance))),
    wholeNumber(values.misses, "--misses"),
  );
  showAlarms(rows, wholeNumber(values.alarms, "--alarms"));
  showTimes(rows);
}

function showRecall(plants: readonly Plant[], misses: number): void {
  const groups = Map.groupBy(
    plants,
    ({ kind, way, isHard }) => `${kind}${way === kind ? "" : `, ${way}`}${isHard ? ", hard" : ""}`,
  );
  const lines: string[][] = [];
  for (const [name, planted] of [...groups].sort()) {
    const missed = planted.filter((plant) => !isFound(plant));
    const perLanguage = [...Map.groupBy(planted, ({ language }) => language)].map(
      ([language, some]) => `${language} ${(some.filter(isFound).length / some.length).toFixed(2)}`,
    );
    lines.push([
      name,
      String(planted.length),
      String(planted.length - missed.length),
      ((planted.length - missed.length) / planted.length).toFixed(3),
      perLanguage.sort().join("  "),
    ]);
    for (const { text, start, end } of missed.slice(0, misses)) {
      lines.push([
        `  missed: ${JSON.stringify(`${text.slice(Math.max(0, start - 30), start)}⟦${text.slice(start, end)}⟧${text.slice(end, end + 15)}`)}`,
      ]);
    }
  }
  console.log(
    plainTable(
      ["kind", "planted", "found", "recall", "by language"],
      lines.filter((line) => line.length > 1),
    ),
  );
  for (const [line] of lines.filter((one) => one.length === 1)) console.log(line);
}

function isFound({ text, kind, start, end }: Plant): boolean {
  return findPersonalData(text).some((found) => found.kind === kind && found.start <= start && found.end >= end);
}

function showAlarms(rows: readonly string[][], most: number): void {
  const texts = [...new Set(rows.flat())];
  const samples = new Map<string, Map<string, string>>();
  for (const text of texts) {
    for (const { kind, start, end } of findPersonalData(text)) {
      const seen = samples.get(kind) ?? new Map<string, string>();
      const around = `${text.slice(Math.max(0, start - 40), start)}⟦${text.slice(start, end)}⟧${text.slice(end, end + 20)}`;
      samples.set(kind, seen.set(text.slice(start, end), JSON.stringify(around)));
    }
  }
  console.log(`\nfound in the ${texts.length} texts as they are, different ones; judge the samples yourself`);
  for (const [kind, seen] of samples) {
    console.log(`  ${kind}: ${seen.size}`);
    for (const around of [...seen.values()].slice(0, most)) console.log(`    ${around}`);
  }
}

function showTimes(rows: readonly string[][]): void {
  const run = (what: (texts: string[]) => void) => {
    for (const texts of rows) what(texts);
    return mean(
      Array.from({ length: 5 }, () => {
        const start = performance.now();
        for (const texts of rows) what(texts);
        return ((performance.now() - start) / rows.length) * 1000;
      }),
    ).toFixed(1);
  };
  const passed = rows.filter((texts) => texts.some((text) => mayHoldPersonalData(text))).length;
  console.log(
    `\nper row, µs: the gate ${run((texts) => void texts.some((text) => mayHoldPersonalData(text)))}, all of its texts ${run((texts) => texts.forEach((text) => void mayHoldPersonalData(text)))}, a redaction ${run((texts) => void redact(texts))}, as exports do both ${run((texts) => void (texts.some((text) => mayHoldPersonalData(text)) && redact(texts)))}; the gate lets ${passed} of ${rows.length} rows through`,
  );
}
