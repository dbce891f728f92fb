import { readArguments, runScript, wholeNumber } from "../lib/arguments.ts";
import { PROVIDER_HELP, PROVIDER_OPTIONS, readProvider } from "./provider/arguments.ts";
import { PROFILES } from "./provider/profiles.ts";
import { startStandIn } from "./server.ts";
import { startSimulator } from "./start-simulator.ts";

const USAGE = `npm run stand-in -- [--port N] [--latency-ms N] [--profile NAME …]

Serves OpenAI's API on this machine by rules, without a language model: chat completions (streamed, with tools and
JSON schemas), models, files, uploads and fine-tuning jobs. Its only model is "stand-in"; any key opens it.

  --port N           the port to listen on (default: any free one)
  --latency-ms N     the least that each completion takes, in milliseconds (default: 0)

${PROVIDER_HELP}`;

await runScript(async () => {
  const { values } = readArguments(process.argv.slice(2), USAGE, {
    port: { type: "string", default: "0" },
    "latency-ms": { type: "string", default: "0" },
    ...PROVIDER_OPTIONS,
  });
  const port = wholeNumber(values.port, "--port");
  const provider = readProvider(values);
  const { baseUrl, close } = provider
    ? await startSimulator(provider.name, provider.options, port)
    : await startStandIn({ port, latencyMs: wholeNumber(values["latency-ms"], "--latency-ms") });
  const as = provider ? `, as ${PROFILES[provider.name].title} does,` : "";
  console.log(`The stand-in (not a language model) answers${as} at ${baseUrl}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void close().then(() => process.exit(0)));
});
