import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { beforeEach, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import { SECOND } from "../../src/lib/time.ts";
import { createWorld, type World } from "../support/world.ts";
import { AUDIENCE } from "./a-team.ts";

const ROLES = "ada@example.com=admin, group:Support leads=reviewer, *=viewer";

beforeEach(() => env.DB.prepare("delete from people").run());

async function rowOf(email: string) {
  return env.DB.prepare("select * from people where email = ?").bind(email).first<Record<string, unknown>>();
}

describe("a person whom the runtime names, where Access protects the Worker itself", () => {
  /** Calls as workerd does for such a Worker: without a token. */
  async function call(world: World, access: unknown, path = "/v1/improvements", headers: Record<string, string> = {}) {
    const ctx = createExecutionContext();
    const named = Object.create(ctx, { access: { value: access }, waitUntil: { value: ctx.waitUntil.bind(ctx) } });
    const answer = await createApp(() => world.services).request(path, { headers }, env, named as ExecutionContext);
    await waitOnExecutionContext(ctx);
    return answer;
  }
  const accessOf = (identity: unknown, aud = AUDIENCE) => ({ aud, getIdentity: async () => identity });
  const aWorld = () => createWorld({ vars: { ACCESS_AUDIENCE: AUDIENCE, ACCESS_ROLES: ROLES } });

  it("has the role of address and groups, and is kept by name", async () => {
    const world = aWorld();
    const groups = [{ id: "7f", name: "Support leads" }, "x", 7];
    const nia = accessOf({ email: "Nia@example.com", name: "Nia Example", groups, iat: world.now / SECOND });
    expect((await call(world, nia, "/review")).status).toBe(200);
    expect((await call(world, nia, "/v1/keys")).status).toBe(403);
    expect(await rowOf("nia@example.com")).toMatchObject({ name: "Nia Example", role: "reviewer" });
  });

  it("is nobody for another application, without an address, and where no audience is set", async () => {
    const world = aWorld();
    const ada = { email: "ada@example.com" };
    expect((await call(world, accessOf(ada))).status).toBe(200);
    for (const access of [accessOf(ada, "c".repeat(64)), accessOf(undefined), accessOf({ service_token_id: "x" })])
      expect((await call(world, access)).status).toBe(401);
    expect((await call(createWorld(), accessOf(ada))).status).toBe(401);
    const down = { aud: AUDIENCE, getIdentity: () => Promise.reject(new Error("down")) };
    expect((await call(world, down)).status).toBe(503);
  });

  it("signs out everywhere as others do", async () => {
    const world = aWorld();
    const zoe = (since: number) => accessOf({ email: "zoe@example.com", iat: Math.floor(since / SECOND) });
    const before = zoe(world.now);
    expect((await call(world, before)).status).toBe(200);
    await world.call("POST", "/sign-out/everywhere");
    expect((await call(world, before)).status).toBe(401);
    world.now += 2 * SECOND;
    expect((await call(world, zoe(world.now))).status).toBe(200);
  });
});
