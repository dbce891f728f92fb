import { env } from "cloudflare:test";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { JOB_KINDS } from "../../src/db/schema/jobs.ts";
import { JOBS } from "../../src/job-table.ts";
import { askFor, restartJobs } from "../../src/jobs/ask-for.ts";
import { consumeJobs, waitMs } from "../../src/jobs/consume-jobs.ts";
import { claimJob, isHeld, noteProgress } from "../../src/jobs/hold.ts";
import { DONE, type Held, type Job, type JobEnd } from "../../src/jobs/job.ts";
import { aFailure, createWorld, deliverTo, runJob, type World } from "../support/world.ts";

const SUBJECT = "subject";
const rows = async () => (await env.DB.prepare("select * from jobs").all<Record<string, unknown>>()).results;

beforeEach(() => env.DB.prepare("delete from jobs").run());

async function asked(world: World): Promise<World> {
  await askFor(world.services.db, "export", SUBJECT, world.now);
  return world;
}

/** A job that ends as it is told, and counts its runs. */
function jobThat(end: (runs: number) => JobEnd | Promise<JobEnd>) {
  const job = { runs: 0, run: (async () => end(++job.runs)) as Job["run"] };
  return job;
}

/** The table with another export job; `given` gets what is given up. */
function jobTable(run: (services: unknown, held: Held) => Promise<JobEnd>, given: string[]) {
  const giveUp = async (_: unknown, subject: string) => {
    given.push(subject);
  };
  return { ...JOBS, export: { mostTries: JOBS.export.mostTries, run, giveUp } };
}

describe("a job", () => {
  it("is gone once it is done, and a message that comes again finds nothing to do", async () => {
    const world = await asked(createWorld());
    const job = jobThat(() => DONE);
    await runJob(world.services, "export", SUBJECT, job.run);
    await runJob(world.services, "export", SUBJECT, job.run);
    expect(job.runs).toBe(1);
    expect(await rows()).toEqual([]);
  });

  it("is run by one of two workers that begin at the same moment", async () => {
    const world = await asked(createWorld());
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const job = jobThat(async () => {
      await held;
      return DONE;
    });
    const both = [1, 2].map(() => runJob(world.services, "export", SUBJECT, job.run));
    await Promise.race(both);
    release();
    await Promise.all(both);
    expect(job.runs).toBe(1);
  });

  it("that is asked for while it runs is run once more, and woken for it", async () => {
    const world = await asked(createWorld());
    const job = jobThat(async (runs) => {
      if (runs === 1) await askFor(world.services.db, "export", SUBJECT, world.now);
      return DONE;
    });
    await runJob(world.services, "export", SUBJECT, job.run);
    expect(world.jobs.take()).toEqual([{ job: "export", id: SUBJECT }]);
    await runJob(world.services, "export", SUBJECT, job.run);
    expect(job.runs).toBe(2);
    expect(await rows()).toEqual([]);
  });

  it("waits twice as long after each try without progress, and is given up after the last", async () => {
    const world = await asked(createWorld());
    const { mostTries } = JOBS.export;
    let last = "";
    const table = {
      ...JOBS,
      export: {
        mostTries,
        run: async () => ({ end: "stuck", reason: "no luck" }) as const,
        giveUp: async (_: unknown, subject: string, reason: string) => {
          last = `${subject}: ${reason}`;
        },
      },
    };
    for (let tries = 1; tries <= mostTries; tries++) {
      expect(last).toBe("");
      await deliverTo((batch) => consumeJobs(world.services, table, batch), [{ job: "export", id: SUBJECT }]);
      if (tries < mostTries) expect(await rows()).toMatchObject([{ due_at: world.now + waitMs(tries), tries }]);
      world.now += waitMs(tries);
    }
    expect(last).toBe(`${SUBJECT}: no luck`);
    expect(await rows()).toEqual([]);
  });

  it("counts its tries from where it last made progress, and a wait as none", async () => {
    const world = await asked(createWorld());
    const ends: JobEnd[] = [
      { end: "stuck", reason: "" },
      { end: "wait", at: world.now },
      { end: "again", at: world.now },
      { end: "stuck", reason: "" },
    ];
    const seen: unknown[] = [];
    for (const end of ends) {
      await runJob(world.services, "export", SUBJECT, async () => end);
      seen.push((await rows())[0]?.tries);
      world.now += 60_000;
    }
    expect(seen).toEqual([1, 1, 0, 1]);
  });

  it("is not given up for faults that come after progress", async () => {
    const world = await asked(createWorld());
    const given: string[] = [];
    const work = jobTable(async (_, held) => {
      await noteProgress(world.services.db, held);
      throw new Error("and then a fault");
    }, given);
    for (let run = 0; run < 2 * JOBS.export.mostTries; run++) {
      await deliverTo((batch) => consumeJobs(world.services, work, batch), [{ job: "export", id: SUBJECT }]);
      world.now += 60_000;
    }
    expect(given).toEqual([]);
    expect(await rows()).toMatchObject([{ claim: null, tries: 0 }]);
  });

  it("is given up when every worker that took it died", async () => {
    const world = await asked(createWorld());
    const { mostTries } = JOBS.export;
    for (let tries = 1; tries <= mostTries; tries++) {
      expect(await claimJob(world.services, "export", SUBJECT)).toMatchObject({ tries });
      world.now += 3 * 60_000;
    }
    const given: string[] = [];
    let runs = 0;
    const work = jobTable(async () => {
      runs += 1;
      return DONE;
    }, given);
    await deliverTo((batch) => consumeJobs(world.services, work, batch), [{ job: "export", id: SUBJECT }]);
    expect({ runs, given }).toEqual({ runs: 0, given: [SUBJECT] });
    expect(await rows()).toEqual([]);
  });

  it("is not given up by a worker that has lost it", async () => {
    const world = await asked(createWorld());
    const { db } = world.services;
    await db.run(sql`update jobs set tries = ${JOBS.export.mostTries - 1}`);
    const given: string[] = [];
    const work = jobTable(async () => {
      await restartJobs(db, "export", sql`true`, world.now);
      throw new Error("a fault of the one that was overtaken");
    }, given);
    await deliverTo((batch) => consumeJobs(world.services, work, batch), [{ job: "export", id: SUBJECT }]);
    expect(given).toEqual([]);
    expect(await rows()).toMatchObject([{ claim: null, tries: 0, due_at: world.now }]);
  });

  it("of a worker that died is free when its lease runs out, and the late worker may write nothing", async () => {
    const world = await asked(createWorld());
    const { db } = world.services;
    const dead = await claimJob(world.services, "export", SUBJECT);
    if (dead === null) throw new Error("it was free");
    const mayWrite = async () => (await db.all(sql`select 1 where ${isHeld(db, dead)}`)).length === 1;
    expect(await mayWrite()).toBe(true);
    expect(await claimJob(world.services, "export", SUBJECT)).toBeNull();
    world.now += 3 * 60_000;
    expect(await claimJob(world.services, "export", SUBJECT)).not.toBeNull();
    expect(await mayWrite()).toBe(false);
  });

  it("that is begun again takes the claim from whoever holds it", async () => {
    const world = await asked(createWorld());
    const { db } = world.services;
    const job = jobThat(async (runs) => {
      if (runs === 1) await restartJobs(db, "export", sql`true`, world.now);
      return DONE;
    });
    await runJob(world.services, "export", SUBJECT, job.run);
    expect(await rows()).toMatchObject([{ claim: null, due_at: world.now }]);
  });
});

it("is not hurried by the sweep that asks for it, while it waits after a fault", async () => {
  const world = createWorld();
  const [from, into] = ["from", "into"].map((name) => `${name}-${crypto.randomUUID()}`);
  await world.record(aFailure({ topic: from }), aFailure({ topic: into }));
  await world.call("POST", `/v1/clusters/${from}/merge`, { into });
  const { results } = await env.DB.prepare("select subject from jobs where kind = 'move_cluster'").all<Held>();
  const subject = results[0]?.subject ?? "";
  await runJob(world.services, "move_cluster", subject, async () => ({ end: "stuck", reason: "no luck" }));
  const due = world.now + waitMs(1);
  await world.sweep();
  expect((await rows()).find((row) => row.subject === subject)).toMatchObject({ due_at: due, tries: 1 });
});

describe("a queue that refuses", () => {
  it("is no error after the commit: a merge answers 200, and the sweep brings the rest", async () => {
    const world = createWorld();
    const [from, into] = ["from", "into"].map((name) => `${name}-${crypto.randomUUID()}`);
    const [id] = await world.record(aFailure({ topic: from }), aFailure({ topic: into }));
    const { jobs } = world.services;
    const refuse = () => Promise.reject(new Error("the queue is full"));
    world.services.jobs = { ...jobs, send: refuse, sendBatch: refuse, metrics: () => jobs.metrics() };
    expect((await world.call("POST", `/v1/clusters/${from}/merge`, { into })).status).toBe(200);
    expect((await world.call("POST", `/v1/clusters/${into}/rename`, { topic: `${into}-2` })).status).toBe(200);
    world.services.jobs = jobs;
    await world.sweep();
    await world.deliver();
    expect(await world.json("GET", `/v1/failures/${id}`)).toMatchObject({ topic: `${into}-2` });
    expect(await rows()).toEqual([]);
  });
});

it("has a function for every kind", () => {
  expect(Object.keys(JOBS).toSorted()).toEqual([...JOB_KINDS].toSorted());
});

it("keeps a message that is none of ours as a dead letter", async () => {
  const world = createWorld();
  const results = await deliverTo((batch) => consumeJobs(world.services, JOBS, batch), [{ job: "dance", id: "1" }]);
  expect(results).toEqual(["ack"]);
  const { data } = await world.json("GET", "/v1/dead-letters");
  expect(data[0]).toMatchObject({ queue: "jobs", body: { job: "dance", id: "1" }, error: "Unrecognised message." });
});
