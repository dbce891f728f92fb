import { env } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { conversationOf } from "../../src/experiments/conversation.ts";
import { countPrompt, type ServedPrompt } from "../../src/experiments/count-prompts.ts";
import { log } from "../../src/lib/log.ts";
import { createWorld, ofTwoCustomers } from "../support/world.ts";

const DAY = Date.UTC(2031, 0, 5);

let isolates = 0;

/** An isolate and a day of its own, with a clock and a D1 that the test moves and breaks. */
function anIsolate() {
  const world = createWorld();
  isolates += 1;
  world.now = DAY + isolates * 86_400_000;
  const down = { is: false };
  const db = new Proxy(world.services.db, {
    get(target, name) {
      if (down.is && name === "insert") throw new Error("D1 is down");
      return Reflect.get(target, name);
    },
  });
  const behind: Promise<unknown>[] = [];
  const count = (given: Partial<ServedPrompt> & { id?: string | null; opening?: string; isFirst?: boolean }) => {
    const { id = null, opening = "A message that is long enough to tell its customer", isFirst = true } = given;
    const conversation = conversationOf({ id, opening, isFirst });
    const served = { arm: "guided" as const, cluster: 0, plainShare: 0.1, conversation, ...given };
    countPrompt({ db, clock: () => world.now }, served, (work) => behind.push(work));
  };
  const day = new Date(world.now).toISOString().slice(0, 10);
  const counted = async () =>
    (
      await env.DB.prepare(
        "select cluster_id, arm, plain_share, prompts, conversations from prompt_counts where day = ? order by 1, 2, 3",
      )
        .bind(day)
        .all()
    ).results;
  return { world, down, behind, count, counted };
}

const one = { cluster_id: "", arm: 1, plain_share: 0.1 };

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe("prompts asked", () => {
  it("are counted by cluster, arm and share, many in one write, and what comes after is added", async () => {
    const { world, behind, count, counted } = anIsolate();
    count({});
    await Promise.all(behind.splice(0));
    for (let i = 0; i < 7; i++) count({ opening: `Customer ${i} has written something long enough to tell` });
    count({ arm: "holdout" });
    count({ plainShare: 0.9 });
    // All wait for one write, which is planned.
    expect(behind).toHaveLength(1);
    world.now += 10_001;
    count({});
    await behind.at(-1);
    expect(await counted()).toEqual([
      { ...one, prompts: 9, conversations: 8 },
      { ...one, plain_share: 0.9, prompts: 1, conversations: 0 },
      { ...one, arm: 2, prompts: 1, conversations: 0 },
    ]);
  });

  it("are written behind the last answer, though no further prompt comes", async () => {
    vi.useFakeTimers();
    const { behind, count, counted } = anIsolate();
    count({});
    count({});
    vi.advanceTimersByTime(10_001);
    vi.useRealTimers();
    await Promise.all(behind);
    expect(await counted()).toEqual([{ ...one, prompts: 2, conversations: 1 }]);
  });

  it("are written at once when there are many", async () => {
    const { behind, count, counted } = anIsolate();
    for (let i = 0; i < 501; i++) count({ isFirst: false });
    await Promise.all([behind[0], behind.at(-1)]);
    expect(await counted()).toEqual([{ ...one, prompts: 501, conversations: 0 }]);
  });

  it("are kept while D1 is down, and a prompt never hears of it", async () => {
    const warned = vi.spyOn(log, "warn").mockReturnValue();
    const { world, down, behind, count, counted } = anIsolate();
    down.is = true;
    count({});
    await Promise.all(behind.splice(0));
    expect(warned.mock.calls.map(([event]) => event)).toEqual(["prompt_counts_not_written"]);
    down.is = false;
    world.now += 10_001;
    count({ isFirst: false });
    await behind[0];
    expect(await counted()).toEqual([{ ...one, prompts: 2, conversations: 1 }]);
  });

  it("count a conversation once: neither its later turns, nor a repeated id, nor one that others could be", async () => {
    const { world, behind, count, counted } = anIsolate();
    count({ id: "c1", opening: "Hi" });
    count({ id: "c1", opening: "And now?" });
    count({ id: "c1", opening: "Hi", isFirst: false });
    count({ opening: "Hi" });
    count({ conversation: null });
    world.now += 10_001;
    count({ id: "c2", opening: "Hi" });
    await Promise.all([behind[0], behind.at(-1)]);
    expect(await counted()).toEqual([{ ...one, prompts: 6, conversations: 2 }]);
  });

  it("forget the oldest conversations alone", async () => {
    const { world, count, counted } = anIsolate();
    for (let i = 0; i < 6_000; i++) count({ id: `c${i}` });
    for (let i = 5_999; i > 3_500; i--) count({ id: `c${i}` });
    world.now += 10_001;
    count({ id: "c0" });
    await expect.poll(counted).toEqual([{ ...one, prompts: 8_500, conversations: 6_001 }]);
  });

  it("are counted where they are asked, by the cluster's id", async () => {
    const world = createWorld({ vars: { HOLDOUT_FRACTION: "1" } });
    const topic = `counted-${crypto.randomUUID()}`;
    await world.record(...ofTwoCustomers({ topic }));
    await world.json("POST", "/v1/prompts", { customer_message: "Hi", conversation_id: "c1", topic });
    const rows = () =>
      env.DB.prepare(
        `select arm, plain_share, prompts, conversations from prompt_counts p
         join clusters c on c.id = p.cluster_id where c.topic = ?`,
      )
        .bind(topic)
        .all();
    await expect
      .poll(async () => (await rows()).results)
      .toEqual([{ arm: 2, plain_share: 1, prompts: 1, conversations: 1 }]);
  });
});
