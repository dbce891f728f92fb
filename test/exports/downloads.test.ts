import { describe, expect, it } from "vitest";
import { jobs } from "../../src/db/schema/jobs.ts";
import { createWorld } from "../support/world.ts";
import { aFile, readFile } from "./a-file.ts";

/** Read as bytes: the runtime warns of `text()` on what is not declared as text. */
async function bodyOf(answer: Response): Promise<string> {
  return new TextDecoder().decode(await answer.arrayBuffer());
}

describe("downloads", () => {
  it("are linked at the address that was set, whatever host the caller named", async () => {
    const world = createWorld();
    world.services.config = { ...world.services.config, PUBLIC_URL: "https://redraft.example.com" };
    const id = await aFile(world);
    const { links } = await world.json("POST", `/v1/exports/${id}/links`, { expires_in_s: 60 });
    expect(links["training_data.jsonl"]).toMatch(/^https:\/\/redraft\.example\.com\/v1\/links\//);
  });

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

  it("that are resumed never put two files together", async () => {
    const world = createWorld();
    const file = "training_data.jsonl";
    const first = await aFile(world);
    const latest = `/v1/exports/latest/${file}`;
    const began = await world.call("GET", latest);
    const own = began.headers.get("content-location") ?? "";
    expect(own).toBe(`/v1/exports/${first}/${file}`);
    const text = await bodyOf(began);
    const { id: second } = await world.json("POST", "/v1/exports", { format: "trl-dpo" });
    await world.deliver();
    expect(await readFile(world, second, file)).not.toBe(text);

    const rest = { range: "bytes=100-" };
    const etag = began.headers.get("etag") ?? "";
    expect((await world.call("GET", latest, undefined, rest)).status).toBe(428);
    expect((await world.call("GET", latest, undefined, { ...rest, "if-match": "*" })).status).toBe(428);
    expect((await world.call("GET", latest, undefined, { ...rest, "if-match": etag })).status).toBe(412);
    const whole = await world.call("GET", latest, undefined, { ...rest, "if-range": etag });
    expect(whole.status).toBe(200);
    expect(await bodyOf(whole)).toBe(await readFile(world, second, file));
    const part = await world.call("GET", own, undefined, rest);
    expect(part.status).toBe(206);
    expect(await bodyOf(part)).toBe(text.slice(100));
  });

  it("that are resumed never go on in a file that was written again", async () => {
    const world = createWorld();
    const id = await aFile(world);
    const { links } = await world.json("POST", `/v1/exports/${id}/links`, { expires_in_s: 60 });
    const paths = [`/v1/exports/${id}/training_data.jsonl`, new URL(links["training_data.jsonl"]).pathname];
    const etags = await Promise.all(paths.map(async (path) => (await world.call("HEAD", path)).headers.get("etag")));
    for (const path of paths) {
      const part = await world.call("GET", path, undefined, { range: "bytes=100-199" });
      expect(part.status).toBe(206);
      expect((await part.arrayBuffer()).byteLength).toBe(100);
    }
    const [{ failure_id: oldest }] = (await readFile(world, id, "improvements.jsonl"))
      .split("\n")
      .slice(0, 1)
      .map((line) => JSON.parse(line));
    await world.call("DELETE", `/v1/failures/${oldest}`);
    await world.json("POST", `/v1/exports/${id}/rebuild`);
    await world.deliver();
    for (const path of paths) {
      const rest = { range: "bytes=100-" };
      expect((await world.call("GET", path, undefined, rest)).status).toBe(428);
      expect((await world.call("GET", path, undefined, { ...rest, "if-match": etags[0] ?? "" })).status).toBe(412);
      const now = await world.call("GET", path);
      const text = await bodyOf(now);
      const etag = now.headers.get("etag") ?? "";
      expect(etag).not.toBe(etags[0]);
      const part = await world.call("GET", path, undefined, { ...rest, "if-range": etag });
      expect(part.status).toBe(206);
      expect(await bodyOf(part)).toBe(text.slice(100));
      // What `curl -C -` asks for when it has all of it: said so, instead of refused.
      const none = await world.call("GET", path, undefined, { range: `bytes=${text.length}-` });
      expect(none.status).toBe(416);
      expect(none.headers.get("content-range")).toBe(`bytes */${text.length}`);
    }
  });

  it("take no harm from headers that cannot be read", async () => {
    const world = createWorld();
    const path = `/v1/exports/${await aFile(world)}/training_data.jsonl`;
    const text = await bodyOf(await world.call("GET", path));
    const bad = ["", "x", '"', "W/x", '"a" "b"', "bytes", "Mon, 99 Foo 2026", "2026-01-01", "bytes=5-1", "*,*"];
    const names = ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
    for (const name of names)
      for (const value of bad) {
        const answer = await world.call("GET", path, undefined, { [name]: value });
        expect(answer.status, `${name}: ${value}`).toBe(200);
        expect(await bodyOf(answer)).toBe(text);
      }
  });

  it("answer HEAD as they answer GET", async () => {
    const world = createWorld();
    const id = await aFile(world, { validation_fraction: 0.3 });
    const { links } = await world.json("POST", `/v1/exports/${id}/links`, { expires_in_s: 60 });
    for (const [file, link] of Object.entries<string>(links))
      for (const path of [`/v1/exports/${id}/${file}`, `/v1/exports/latest/${file}`, new URL(link).pathname]) {
        const key: Record<string, string> = path.startsWith("/v1/links/") ? { authorization: "" } : {};
        const get = await world.call("GET", path, undefined, key);
        const bytes = (await get.arrayBuffer()).byteLength;
        const head = await world.call("HEAD", path, undefined, { ...key, range: "bytes=100-" });
        expect([head.status, head.body, head.headers.get("content-length")], path).toEqual([200, null, `${bytes}`]);
        expect(head.headers.get("etag")).toBe(get.headers.get("etag"));
      }
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
