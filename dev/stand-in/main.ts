import { parseArgs } from "node:util";
import { startStandIn } from "./server.ts";

const HELP = `npm run stand-in -- [--port N] [--latency-ms N]

Serves OpenAI's API on this machine by rules, without a language model: chat completions (streamed, with tools and
JSON schemas), models, files, uploads and fine-tuning jobs. Its only model is "stand-in"; any key opens it.

  --port N        the port to listen on (default: any free one)
  --latency-ms N  how long each completion takes at least, in milliseconds (default: 0)`;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "latency-ms": { type: "string", default: "0" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) console.log(HELP);
else {
  const { baseUrl, close } = await startStandIn({
    port: Number(values.port),
    latencyMs: Number(values["latency-ms"]),
  });
  console.log(`The stand-in (no language model) answers at ${baseUrl}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void close().then(() => process.exit(0)));
}
