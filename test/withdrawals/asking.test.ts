import { beforeEach, describe, expect, it } from "vitest";
import { aWorld, badBatch, clearAll, goodBatch, importBatch, MARK, TOPIC, withdraw } from "./poison.ts";

beforeEach(clearAll);

describe("a withdrawal", { timeout: 60_000 }, () => {
  it("refuses what it cannot take, by name", async () => {
    const world = aWorld();
    await importBatch(world, goodBatch(1));
    const ask = (body: object) => world.json("POST", "/v1/withdrawals/preview", body);
    expect((await ask({})).errors[0].detail).toContain("needs at least one of import_id, agent, channel");
    expect((await ask({ mode: "erase" })).status).toBe(400);
    expect((await ask({ agents: "kim", channel: "chat" })).errors).toEqual([
      expect.objectContaining({ pointer: "/agents" }),
    ]);
    expect((await ask({ import_id: "x" })).errors[0]).toEqual({
      pointer: "/import_id",
      detail: "must be an import's id",
    });
    const none = { mode: "withdraw", reason: "r", topic: "unknown" };
    expect(await world.json("POST", "/v1/withdrawals", none)).toMatchObject({
      status: 400,
      detail: "No failure matches.",
    });
    expect((await ask({ topic: "unknown" })).failures.total).toBe(0);
    expect((await world.call("POST", `/v1/withdrawals/${crypto.randomUUID()}/undo`)).status).toBe(404);
  });

  it.each([
    ["agent", { agent: `${MARK} agent` }, 6],
    ["topic", { topic: `${MARK} topic` }, 3],
    ["category", { failure_category: `${MARK}_category` }, 3],
    ["channel", { channel: "chat" }, 6],
    ["channel and agent", { channel: "chat", agent: `${MARK} agent` }, 0],
  ])("takes by %s what the filter says, and nothing more", async (_, filter, total) => {
    const world = aWorld();
    await importBatch(world, goodBatch(6));
    await importBatch(world, badBatch(6));
    expect((await world.json("POST", "/v1/withdrawals/preview", filter)).failures.total).toBe(total);
  });

  it("takes by the time of recording what lies between two times", async () => {
    const world = aWorld();
    const at = (ms: number) => new Date(ms).toISOString();
    await importBatch(world, goodBatch(2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const since = Date.now();
    await importBatch(world, badBatch(3));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const filter = { since: at(since), until: at(Date.now()) };
    expect((await world.json("POST", "/v1/withdrawals/preview", filter)).failures.total).toBe(3);
  });

  it("is previewed, asked for, undone and erased from its page, with forms alone", async () => {
    const world = aWorld();
    await importBatch(world, goodBatch(2));
    await importBatch(world, badBatch(3));
    const form = (path: string, fields: Record<string, string>) =>
      world.call("POST", path, new URLSearchParams(fields).toString(), {
        "content-type": "application/x-www-form-urlencoded",
      });
    const page = async (query = "") => (await world.call("GET", `/withdrawals${query}`)).text();
    const filter = { agent: `${MARK} agent`, since: "2020-01-01T10:00" };
    const shown = await page(`?${new URLSearchParams({ ...filter, until: "", mode: "withdraw" })}`);
    expect(shown).toContain("Withdraw 3 failures");
    const token = /name="token" value="([^"]+)"/.exec(shown)?.[1] ?? "";
    const sent = await form("/withdrawals", { ...filter, mode: "withdraw", token, reason: "Bad <b>texts</b>." });
    expect([sent.status, sent.headers.get("location")]).toEqual([303, "/withdrawals"]);
    await world.deliver();
    const listed = await page();
    expect(listed).toContain("Bad &lt;b&gt;texts&lt;/b&gt;.");
    const [, id = ""] = /action="\/withdrawals\/([^/]+)\/undo"/.exec(listed) ?? [];
    expect((await form(`/withdrawals/${id}/undo`, {})).status).toBe(303);
    await world.deliver();
    expect(await page()).toContain("put back");
    const again = await withdraw(world, { agent: `${MARK} agent` });
    expect(await page(`?withdrawal_id=${again}&mode=erase`)).toContain("Erase 3 failures");
    expect(await page("?topic=unknown")).toContain("No failure matches.");
    expect((await world.call("GET", "/withdrawals?agents=x")).status).toBe(400);
  });

  it("takes nothing of a cluster that its topic is merged into before it begins", async () => {
    const world = aWorld();
    await importBatch(world, goodBatch(2));
    await importBatch(world, badBatch(4));
    const asked = { topic: `${MARK} topic`, mode: "withdraw", reason: "Bad." };
    const { id, total } = await world.json("POST", "/v1/withdrawals", asked);
    expect(total).toBe(2);
    const jobs = world.jobs.take();
    await world.json("POST", `/v1/clusters/${encodeURIComponent(`${MARK} topic`)}/merge`, { into: TOPIC });
    await world.deliver();
    world.jobs.messages.push(...jobs);
    await world.deliver();
    expect((await world.json("GET", `/v1/withdrawals/${id}`)).status).toBe("done");
    const left = (await world.json("GET", "/v1/failures?status=pending")).data;
    expect(left.length).toBeGreaterThanOrEqual(4);
    expect(left.filter((one: { original_prompt: string }) => !one.original_prompt.includes(MARK))).toHaveLength(2);
  });
});
