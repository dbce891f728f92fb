import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [
    cloudflareTest(async () => ({
      wrangler: { configPath: "./wrangler.toml" },
      miniflare: {
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations("./migrations"),
          ADMIN_KEY: "test-admin-key-0123456789-0123456789",
          OPENAI_API_KEY: "test",
          OPENAI_BASE_URL: "http://127.0.0.1:9/v1",
          CORRECTION_MODEL: "test-rewriter",
          JUDGE_MODEL: "test-judge",
          HOLDOUT_FRACTION: "0",
          LESSON_HOLDOUT_FRACTION: "0",
        },
      },
    })),
  ],
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    setupFiles: ["./test/support/setup.ts"],
    // Some take seconds on a machine that does other things at the same time.
    testTimeout: 20_000,
    // By default one core is left to other things, which on two of them doubles the time.
    maxWorkers: "100%",
    // What the code logs of faults that tests bring about says nothing, unless the test fails.
    silent: "passed-only",
  },
});
