import type { ProviderRules } from "./paced-provider.ts";

const MINUTE = 60_000;

/** Providers to try the pace with. Limits and outages come at shares of the time that all would take at the limit. */
export function providersToPace(failures: number, callsPerMinute = 3_000): Record<string, ProviderRules> {
  const idealAt = (perMinute: number) => ((failures * 5) / perMinute) * MINUTE;
  const outages = (ms: number): [number, number][] => [
    [0.3 * ms, 0.3 * ms + 0.02 * ms],
    [0.6 * ms, 0.6 * ms + 0.04 * ms],
  ];
  const steady = (perMinute: number) => () => perMinute;
  /** Down to half, then up to one and a half. */
  const moving = (perMinute: number, ms: number) => (at: number) =>
    at < 0.25 * ms ? perMinute : at < 0.5 * ms ? perMinute / 2 : 1.5 * perMinute;
  const ms = idealAt(callsPerMinute);
  const slots = idealAt((120 * MINUTE) / 3_257);
  const plain = { headers: false, retryAfter: false, outages: [] };
  const said = { headers: true, retryAfter: true, outages: [] };
  return {
    "bucket, headers": { ...said, counts: "bucket", limit: steady(callsPerMinute) },
    "minute, headers": { ...said, counts: "minute", limit: steady(callsPerMinute) },
    "second, headers": { ...said, counts: "second", limit: steady(callsPerMinute) },
    "minute, headers, limit moves, outages": {
      ...said,
      counts: "minute",
      limit: moving(callsPerMinute, ms),
      outages: outages(ms),
    },
    "minute, retry-after alone": { ...plain, retryAfter: true, counts: "minute", limit: steady(callsPerMinute) },
    "minute, nothing said": { ...plain, counts: "minute", limit: steady(callsPerMinute) },
    "second, nothing said": { ...plain, counts: "second", limit: steady(callsPerMinute) },
    "bucket, nothing said": { ...plain, counts: "bucket", limit: steady(callsPerMinute) },
    "bucket, nothing said, limit moves, outages": {
      ...plain,
      counts: "bucket",
      limit: moving(callsPerMinute, ms),
      outages: outages(ms),
    },
    "second, nothing said, limit moves, outages": {
      ...plain,
      counts: "second",
      limit: moving(callsPerMinute, ms),
      outages: outages(ms),
    },
    "120 at once, says so": {
      ...plain,
      counts: "slots",
      saysCrowded: true,
      limit: steady(120),
      outages: outages(slots),
    },
    "120 at once, refuses more": { ...plain, counts: "slots", limit: steady(120), outages: outages(slots) },
    "12 at once, the rest waits": { ...plain, counts: "slots", queues: true, limit: steady(12) },
  };
}
