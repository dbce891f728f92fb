import { removeOldActivity } from "./access/activity/remove-old-activity.ts";
import { createApp } from "./app.ts";
import { consumeCorrections } from "./corrections/consume-corrections.ts";
import { JOBS } from "./job-table.ts";
import { consumeJobs } from "./jobs/consume-jobs.ts";
import { consumeDeadLetters } from "./jobs/dead-letters.ts";
import { sweepJobs } from "./jobs/sweep-jobs.ts";
import { withPromptLane } from "./prompts/prompt-lane.ts";
import { createServices } from "./services.ts";

export { ClusterContext } from "./clusters/context/cluster-context.ts";
export { Pace } from "./llm/pace/pace-object.ts";

const app = createApp();

export default {
  fetch: withPromptLane(app, createServices),

  async queue(batch, env) {
    const services = createServices(env);
    // Named in wrangler.toml; a deployment may put a prefix before them.
    const name = batch.queue.includes("-jobs") ? "jobs" : "corrections";
    if (batch.queue.endsWith("-dead")) return consumeDeadLetters(services, name, batch);
    await (name === "jobs" ? consumeJobs(services, JOBS, batch) : consumeCorrections(services, batch));
  },

  async scheduled(_event, env) {
    await sweepJobs(createServices(env), JOBS, [{ job: "activity", sweep: removeOldActivity }]);
  },
} satisfies ExportedHandler<Cloudflare.Env>;
