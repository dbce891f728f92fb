import { describe, expect, it } from "vitest";
import { jobs } from "../../src/db/schema/jobs.ts";
import { createWorld } from "../support/world.ts";
import { aFile, readFile } from "./a-file.ts";

describe("downloads", () => {
  it("go by signed links without a key, until their time is over", async () => {
    const world = createWorld();
    const id = await aFile(world);
    const { links } = await world.json("POST", `/v1/exports/${id}/links`, { expires_in_s: 60 });
    const path = new URL(links["training_data.jsonl"]).pathname;
    const open = (at: string) => world.call("GET", at, undefined, { authorization: "" });
    const answer = await open(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-disposition")).toContain("training_data.jsonl");
    expect((await open(path.replace("training_data.jsonl", "nothing"))).status).toBe(404);
    // Not the last character: two bits of it say nothing.
    const forged = path.replace(/(.)(.{9}\/training)/, (_, one, rest) => `${one === "x" ? "y" : "x"}${rest}`);
    expect((await open(forged)).status).toBe(401);
    expect((await open(`/v1/exports/${id}/training_data.jsonl`)).status).toBe(401);
    world.now += 61_000;
    expect((await open(path)).status).toBe(401);
  });

  it("are compressed for those who take it, and known again by either name", async () => {
    const world = createWorld();
    const id = await aFile(world);
    const path = `/v1/exports/${id}/training_data.jsonl`;
    const plain = await readFile(world, id, "training_data.jsonl");
    const packed = await world.call("GET", path, undefined, { "accept-encoding": "br, gzip" });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    const unpacked = packed.body?.pipeThrough(new DecompressionStream("gzip"));
    expect(await new Response(unpacked).text()).toBe(plain);
    const etag = packed.headers.get("etag") ?? "";
    expect((await world.call("GET", path, undefined, { "if-none-match": etag })).status).toBe(304);
    const none = await world.call("GET", path, undefined, { "accept-encoding": "gzip;q=0" });
    expect(none.headers.get("content-encoding")).toBeNull();
    await none.arrayBuffer();
  });

  it("say what is in the file", async () => {
    const world = createWorld({ vars: { TRAINING_PRICE_PER_MILLION_TOKENS: "3" } });
    const id = await aFile(world, { validation_fraction: 0.3 });
    const row = await world.json("GET", `/v1/exports/${id}`);
    const manifest = await world.json("GET", `/v1/exports/${id}/manifest.json`);
    expect(manifest.files["training_data.jsonl"].sha256).toBe(row.sha256);
    expect(manifest.versions).toEqual([
      { correction_model: "m", judge_model: "j", rubric: "r1", rows: row.rows + row.validation_rows },
    ]);
    expect(manifest.cost_estimate.per_epoch).toBeCloseTo((row.tokens / 1e6) * 3, 3);
    const skipped = await readFile(world, id, "skipped.jsonl");
    expect(skipped.split("\n").length - 1).toBe(row.skipped.gain_too_small);
  });

  it("are no other kind of file than the reference says", async () => {
    const world = createWorld();
    const id = await aFile(world, { validation_fraction: 0.3 });
    const { links } = await world.json("POST", `/v1/exports/${id}/links`, {});
    const { paths } = await world.json("GET", "/openapi.json");
    for (const [file, link] of Object.entries<string>(links)) {
      const documented = paths[`/v1/exports/{id}/${file}`].get.responses[200].content;
      const linked = await world.call("GET", new URL(link).pathname);
      const type = linked.headers.get("content-type") ?? "";
      await linked.arrayBuffer();
      expect(Object.keys(documented)).toEqual([type]);
      expect(documented[type].schema.type).toBe(type === "application/json" ? "object" : "string");
      expect(paths["/v1/links/{token}/{file}"].get.responses[200].content[type]).toEqual(documented[type]);
    }
  });

  it("are asked for by no rebuild that is refused", async () => {
    const world = createWorld();
    const waiting = (await world.json("POST", "/v1/exports", {})).id;
    const asked = () => world.services.db.select().from(jobs).orderBy(jobs.subject);
    const before = await asked();
    for (const [id, status] of [
      [waiting, 409],
      [crypto.randomUUID(), 404],
    ]) {
      expect((await world.call("POST", `/v1/exports/${id}/rebuild`)).status).toBe(status);
      expect(await asked()).toEqual(before);
    }
  });

  it("are deleted when they are older than the setting says", async () => {
    const world = createWorld({ vars: { EXPORT_RETENTION_DAYS: "7" } });
    const id = await aFile(world);
    await world.sweep();
    expect((await world.call("GET", `/v1/exports/${id}`)).status).toBe(200);
    world.now += 8 * 86_400_000;
    await world.sweep();
    expect((await world.call("GET", `/v1/exports/${id}`)).status).toBe(404);
  });
});
