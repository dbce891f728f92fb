import { createApp } from "./app.ts";
import { consumeCorrections } from "./corrections/consume-corrections.ts";
import { consumeJobs } from "./jobs.ts";
import { createServices } from "./services.ts";
import { sweep } from "./sweep.ts";

export { ClusterContext } from "./clusters/cluster-context.ts";

const app = createApp();

export default {
  fetch: app.fetch,

  async queue(batch, env) {
    const services = createServices(env);
    if (batch.queue.endsWith("-dead")) return;
    await (batch.queue.endsWith("-jobs") ? consumeJobs(services, batch) : consumeCorrections(services, batch));
  },

  async scheduled(_event, env) {
    await sweep(createServices(env));
  },
} satisfies ExportedHandler<Cloudflare.Env>;
