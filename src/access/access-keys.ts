import { z } from "zod";
import { RedraftError } from "../lib/errors.ts";
import { log } from "../lib/log.ts";
import { DAY, HOUR, SECOND } from "../lib/time.ts";
import { fetchWithDeadlines } from "../llm/deadlines.ts";
import type { Services } from "../services.ts";

export type AccessKeyServices = Pick<Services, "db" | "clock" | "fetch">;

/** After this long the keys are read again. Cloudflare changes them every six weeks, and keeps the last one a week. */
const RENEW_MS = HOUR;

/** While they cannot be read, the ones that are known count this long. */
const LONGEST_MS = DAY;

/** A key that is not known, or a read that failed, has them read again after this long at the earliest. */
const AGAIN_MS = 30 * SECOND;

const DEADLINES = { headersMs: 3 * SECOND, betweenChunksMs: 3 * SECOND, totalMs: 5 * SECOND, maxBytes: 64 * 1024 };

/** Keys under 2048 bits sign nothing that counts (RFC 7518, section 3.3). */
const FEWEST_MODULUS_CHARACTERS = 342;

const jwk = z.object({
  kid: z.string(),
  kty: z.literal("RSA"),
  n: z.string().min(FEWEST_MODULUS_CHARACTERS),
  e: z.string(),
  alg: z.literal("RS256").optional(),
  use: z.literal("sig").optional(),
});

const certificates = z.object({ keys: z.array(z.unknown()).max(20) });

interface Known {
  keys: Map<string, CryptoKey>;
  readAt: number;
  triedAt: number;
}

/** What an isolate knows. Its owner is the database, because the services of one isolate are made once. */
const knownOf = new WeakMap<WeakKey, Known>();

/**
 * A public key of the team's by its name; null where the team has none of that name.
 * @param issuer the team's address at Cloudflare Access
 * @throws RedraftError `unavailable` where no keys are known, and they cannot be read
 */
export async function accessKey(services: AccessKeyServices, issuer: string, kid: string): Promise<CryptoKey | null> {
  const known = knownOf.get(services.db) ?? { keys: new Map(), readAt: -Infinity, triedAt: -Infinity };
  knownOf.set(services.db, known);
  const now = services.clock();
  const isKnown = known.keys.has(kid) && now < known.readAt + RENEW_MS;
  if (!isKnown && now >= known.triedAt + AGAIN_MS) await renew(services, issuer, known);
  if (services.clock() < known.readAt + LONGEST_MS) return known.keys.get(kid) ?? null;
  throw new RedraftError("unavailable", "Cloudflare Access cannot be asked for its keys right now. Try again.");
}

async function renew({ clock, fetch }: AccessKeyServices, issuer: string, known: Known): Promise<void> {
  // Before the first answer each request asks for itself: it cannot wait for what another one began.
  if (known.keys.size > 0) known.triedAt = clock();
  try {
    known.keys = await read(`${issuer}/cdn-cgi/access/certs`, fetchWithDeadlines(DEADLINES, clock, fetch));
    known.readAt = clock();
  } catch (error) {
    log.warn("access_keys_not_read", {}, error);
  }
  known.triedAt = clock();
}

async function read(url: string, fetchFn: typeof fetch): Promise<Known["keys"]> {
  const response = await fetchFn(url, { headers: { accept: "application/json" } });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  const { keys } = certificates.parse(await response.json());
  const usable = keys.flatMap((key) => jwk.safeParse(key).data ?? []);
  if (usable.length === 0) throw new Error("no key that can be used");
  const named = usable.map(async ({ kid, kty, n, e }) => {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return [kid, await crypto.subtle.importKey("jwk", { kty, n, e }, algorithm, false, ["verify"])] as const;
  });
  return new Map(await Promise.all(named));
}
