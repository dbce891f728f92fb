import { describe, expect, it } from "vitest";
import { limitFor } from "../../src/access/hold-to-limit.ts";
import { createApp } from "../../src/app.ts";
import { accessOfEach } from "../../src/http/needs.ts";
import { LIMIT_OF_ROUTE, LIMITS } from "../../src/limits.ts";
import { createWorld } from "../support/world.ts";
import { NAMES } from "./a-limited-world.ts";

const texts = import.meta.glob(["../../wrangler.toml", "../../docs/security.md"], {
  ...{ query: "?raw", import: "default", eager: true },
}) as Record<string, string>;

describe("the table of limits", () => {
  it("says what wrangler.toml says, with an id each", () => {
    const bound = [
      ...(texts["../../wrangler.toml"] ?? "").matchAll(
        /^\[\[ratelimits\]\]\nname = "(\w+)"\nnamespace_id = "(\d+)"\nsimple = \{ limit = (\d+), period = (\d+) \}$/gm,
      ),
    ];
    const numbers = bound.map(([, binding, , limit, period]) => [binding, Number(limit), Number(period)]);
    expect(numbers).toEqual(NAMES.map((name) => [LIMITS[name].binding, LIMITS[name].requests, LIMITS[name].seconds]));
    expect(new Set(bound.map(([, , id]) => id)).size).toBe(NAMES.length);
  });

  it("is in the docs as it is", () => {
    const rows = NAMES.map((name) => {
      const { requests, seconds, each, counts } = LIMITS[name];
      return `| \`${name}\` | ${requests} in ${seconds} s | ${each} | ${counts} |`;
    });
    expect(texts["../../docs/security.md"]).toContain(`${rows.join("\n")}\n`);
  });

  it("names no route that is not there, and gives every route one", () => {
    const routes = accessOfEach(createApp().routes);
    const known = routes.map(({ method, path }) => `${method} ${path}`);
    expect([...LIMIT_OF_ROUTE.keys()].filter((route) => !known.includes(route))).toEqual([]);
    const used = new Set(routes.map((route) => limitFor(route, route.access ?? "any_key")));
    expect([...used, "unknown_keys"].toSorted()).toEqual(NAMES.toSorted());
  });

  it("has its refusal in the OpenAPI document of every route", async () => {
    const { paths } = await createWorld().json("GET", "/openapi.json");
    const operations = Object.values(paths).flatMap((path) => Object.values(path as object));
    expect(operations.length).toBeGreaterThan(50);
    for (const { summary, responses } of operations) expect(Object.keys(responses), summary).toContain("429");
  });
});
