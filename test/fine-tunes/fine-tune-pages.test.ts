import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { aFile } from "../exports/a-file.ts";
import { comparison, modelThat, rating } from "../support/model.ts";
import { createWorld, type World } from "../support/world.ts";
import { aProvider, aTunedModel } from "./provider.ts";

const form = { "content-type": "application/x-www-form-urlencoded" };

describe("the fine-tunes' pages", () => {
  let provider: ReturnType<typeof aProvider>;
  beforeEach(() => {
    provider = aProvider();
  });
  afterEach(() => vi.unstubAllGlobals());

  async function aWorld() {
    const model = modelThat(
      ({ isRating, request }) => {
        if (isRating) return rating(50);
        return request.model === "base" ? "<script>alert(1)</script>" : "A better <b>reply</b>";
      },
      () => comparison("tie"),
    );
    const world = createWorld({ model });
    const exportId = await aFile(world, { validation_fraction: 0.3 });
    return { world, exportId, id: await aTunedModel(world, provider, exportId) };
  }
  const page = async (world: World, path: string) => (await world.call("GET", path)).text();
  const submit = (world: World, path: string, fields: Record<string, string> = {}) =>
    world.call("POST", path, new URLSearchParams(fields).toString(), form);

  it("compare at a click, and show both replies as text, never as markup", async () => {
    const { world, id } = await aWorld();
    expect(await page(world, `/fine-tunes/${id}`)).toContain("Compare with the base model");
    const asked = await submit(world, `/fine-tunes/${id}/compare`, { limit: "8" });
    expect([asked.status, asked.headers.get("location")]).toEqual([303, `/fine-tunes/${id}#compare`]);
    expect(await page(world, `/fine-tunes/${id}`)).toContain("data-live-on");
    await world.deliver();
    const shown = await page(world, `/fine-tunes/${id}`);
    expect(shown).not.toContain("data-live-on");
    expect(shown).toContain("no clear difference");
    expect(shown).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(shown).toContain("A better &lt;b&gt;reply");
    expect(shown).not.toMatch(/<script>|style=|onclick/);
    expect((await submit(world, `/fine-tunes/${id}/compare`, { limit: "0" })).status).toBe(400);
  });

  it("make a model the bot's at a click and take it back at another, and say since when", async () => {
    const { world, id } = await aWorld();
    expect(await page(world, "/fine-tunes")).toContain("the default");
    expect((await submit(world, `/fine-tunes/${id}/use`)).status).toBe(303);
    const since = new Date(world.now).toISOString();
    for (const path of ["/fine-tunes", `/fine-tunes/${id}`]) {
      const shown = await page(world, path);
      expect(shown).toContain("Go back to the default");
      expect(shown).toContain(`datetime="${since}"`);
    }
    await submit(world, "/bot-model/clear");
    expect(await page(world, "/fine-tunes")).toContain("the default");
    expect((await world.json("GET", "/v1/bot-model")).history.length).toBe(2);
  });

  it("still say what a model learned from when its export is gone", async () => {
    const { world, id, exportId } = await aWorld();
    await world.call("DELETE", `/v1/exports/${exportId}`);
    const shown = await page(world, `/fine-tunes/${id}`);
    expect(shown).toMatch(/openai-sft, gain from 1, 30% held out; it has since been deleted/);
    expect(shown).not.toContain("Compare with the base model");
    expect((await world.json("GET", `/v1/fine-tunes/${id}`)).export).toMatchObject({
      state: "deleted",
      format: "openai-sft",
    });
  });

  it("know nothing of a fine-tune that is not there", async () => {
    const world = createWorld();
    for (const id of ["nothing", crypto.randomUUID()]) {
      expect((await world.call("GET", `/fine-tunes/${id}`)).status).toBe(404);
      for (const action of ["use", "compare", "cancel"]) {
        expect((await submit(world, `/fine-tunes/${id}/${action}`)).status).toBe(404);
      }
    }
  });
});
