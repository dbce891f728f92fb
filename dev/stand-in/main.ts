import { parseArgs } from "node:util";
import { startStandIn } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "latency-ms": { type: "string", default: "0" },
  },
});
const { baseUrl, close } = await startStandIn({ port: Number(values.port), latencyMs: Number(values["latency-ms"]) });
console.log(`The stand-in (no language model) answers at ${baseUrl}`);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void close().then(() => process.exit(0)));
