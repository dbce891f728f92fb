import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readConfig } from "../../src/config.ts";
import { signDelivery } from "../support/sign-delivery.ts";
import { createWorld, type World } from "../support/world.ts";

const OLD = "whsec_b2xkLXNlY3JldC1vZi10aGUtcHJvdmlkZXI=";
const NEW = "whsec_bmV3LXNlY3JldC1vZi10aGUtcHJvdmlkZXI=";

interface Given {
  id?: string;
  at?: number;
  secrets?: string[];
  signature?: string;
  body?: string;
  sentBody?: string;
}

describe("the provider's webhook", () => {
  let status = "running";
  let asked = 0;
  beforeEach(() => {
    [status, asked] = ["running", 0];
    vi.stubGlobal("fetch", async (url: string) => {
      if (url.endsWith("/events?limit=100")) return Response.json({ data: [] });
      asked += 1;
      return Response.json({ id: "ftjob-1", status, fine_tuned_model: status === "succeeded" ? "ft:base:1" : null });
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  /** A world with one fine-tune whose job runs at the provider and is next asked for in half a minute. */
  async function aWorld(secrets = OLD): Promise<World & { fineTune: string }> {
    const world = createWorld({ vars: { FINE_TUNE_WEBHOOK_SECRET: secrets } });
    const id = crypto.randomUUID();
    await env.DB.batch([
      env.DB.prepare("delete from fine_tunes"),
      env.DB.prepare("delete from webhook_deliveries"),
      env.DB.prepare(
        `insert into fine_tunes (id, export_id, provider, export_sha256, generation, options, status, uploads, job_id, events, loss, created_at)
         values (?, ?, 'https://example.com/v1', 'x', 1, '{"base_model":"base","method":"supervised"}', 'running', '{}', 'ftjob-1', '[]', '[]', 1)`,
      ).bind(id, crypto.randomUUID()),
      env.DB.prepare("delete from jobs"),
      env.DB.prepare("insert into jobs (kind, subject, due_at, tries, asked) values ('fine_tune', ?, ?, 0, 1)").bind(
        id,
        world.now + 30_000,
      ),
    ]);
    return Object.assign(world, { fineTune: id });
  }

  const anEvent = (job = "ftjob-1", type = "fine_tuning.job.succeeded") =>
    JSON.stringify({ id: "evt_1", object: "event", type, created_at: 1, data: { id: job } });

  async function send(
    world: World,
    { id = "wh_1", at = world.now, secrets = [OLD], body = anEvent(), ...given }: Given,
  ) {
    const timestamp = String(Math.floor(at / 1000));
    const signatures = await Promise.all(secrets.map((secret) => signDelivery(secret, `${id}.${timestamp}.${body}`)));
    return world.call("POST", "/v1/fine-tunes/webhook", given.sentBody ?? body, {
      authorization: "",
      "webhook-id": id,
      "webhook-timestamp": timestamp,
      "webhook-signature": given.signature ?? signatures.join(" "),
    });
  }

  it("has the job asked for at once, and believes the job alone", async () => {
    const world = await aWorld();
    status = "failed";
    const answer = await send(world, {});
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ fine_tune_id: world.fineTune, duplicate: false });
    await world.deliver();
    expect(asked).toBe(1);
    // The event said that it succeeded.
    expect((await world.json("GET", `/v1/fine-tunes/${world.fineTune}`)).status).toBe("failed");
  });

  it("does nothing when a delivery comes again", async () => {
    const world = await aWorld();
    await send(world, {});
    await world.deliver();
    world.now += 60_000;
    const again = await send(world, { at: world.now - 60_000 });
    expect(await again.json()).toEqual({ fine_tune_id: null, duplicate: true });
    await world.deliver();
    expect(asked).toBe(1);
  });

  it.each<[string, Given]>([
    ["another secret's signature", { secrets: [NEW] }],
    ["a body that is not the one signed", { sentBody: anEvent("ftjob-2") }],
    ["a signature that is no base64", { signature: "v1,%%%" }],
    ["a signature of another version", { signature: "v2,AAAA" }],
    ["no signature", { signature: "" }],
  ])("refuses %s", async (_, given) => {
    const world = await aWorld();
    expect((await send(world, given)).status).toBe(401);
    await world.deliver();
    expect(asked).toBe(0);
  });

  it.each([-301_000, 301_000])("refuses a time %i ms away, though it is signed", async (away) => {
    const world = await aWorld();
    expect((await send(world, { at: world.now + away })).status).toBe(401);
    expect((await send(world, { at: world.now + Math.sign(away) * 290_000 })).status).toBe(200);
  });

  it("takes the old and the new secret while one is replaced, on either side", async () => {
    const world = await aWorld(`${OLD} ${NEW}`);
    expect((await send(world, { id: "a", secrets: [OLD] })).status).toBe(200);
    expect((await send(world, { id: "b", secrets: [NEW] })).status).toBe(200);
    const replaced = await aWorld(NEW);
    expect((await send(replaced, { id: "c", secrets: [OLD, NEW] })).status).toBe(200);
  });

  it("lets go of jobs that are not ours, of other events, and of a fine-tune that is over", async () => {
    const world = await aWorld();
    const none = { fine_tune_id: null, duplicate: false };
    expect(await (await send(world, { id: "a", body: anEvent("ftjob-other") })).json()).toEqual(none);
    expect(await (await send(world, { id: "b", body: anEvent("ftjob-1", "batch.completed") })).json()).toEqual(none);
    status = "succeeded";
    await send(world, { id: "c" });
    await world.deliver();
    expect(await (await send(world, { id: "d" })).json()).toEqual(none);
    await world.deliver();
    expect(asked).toBe(1);
  });

  it("refuses what is signed but no event, and what is too large to be one", async () => {
    const world = await aWorld();
    expect((await send(world, { body: "no json" })).status).toBe(400);
    expect((await send(world, { body: JSON.stringify({ filler: "x".repeat(70_000) }) })).status).toBe(413);
  });

  it("says how to set it up where there is no secret", async () => {
    const world = await aWorld("");
    const answer = await send(world, {});
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain("FINE_TUNE_WEBHOOK_SECRET");
    const { problems } = readConfig({ ADMIN_KEY: "x".repeat(32), FINE_TUNE_WEBHOOK_SECRET: "whsec_%%%" });
    expect(problems?.join()).toContain("FINE_TUNE_WEBHOOK_SECRET");
  });

  it("forgets deliveries once no copy of them could be taken", async () => {
    const world = await aWorld();
    await send(world, {});
    const kept = () => env.DB.prepare("select count(*) as n from webhook_deliveries").first("n");
    await world.sweep();
    expect(await kept()).toBe(1);
    world.now += 11 * 60_000;
    await world.sweep();
    expect(await kept()).toBe(0);
  });
});
