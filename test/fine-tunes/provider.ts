import { vi } from "vitest";
import type { World } from "../support/world.ts";

/** A provider of fine-tuning, as far as a test needs it; keeps what it was sent. */
export function aProvider() {
  const provider = {
    calls: [] as string[],
    /** Every file that was sent, in turn. */
    files: [] as string[],
    /** Those that it still has. */
    kept: new Map<string, { filename: string; text: string }>(),
    jobs: [] as { id: string; metadata: unknown; model: unknown }[],
    status: "running",
    /** Answers instead of the provider, where it returns something. */
    instead: (_call: string): Response | undefined | Promise<Response | undefined> => undefined,
  };
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const path = new URL(url).pathname.replace("/v1", "");
    const call = `${init.method} ${path}`;
    provider.calls.push(call);
    const body = await new Response(init.body, { headers: init.headers as Record<string, string> }).arrayBuffer();
    const instead = await provider.instead(call);
    if (instead) return instead;
    if (call === "POST /files") {
      const headers = { "content-type": (init.headers as Record<string, string>)["content-type"] ?? "" };
      const file = (await new Response(body, { headers }).formData()).get("file");
      const text = file instanceof File ? await file.text() : "";
      provider.files.push(text);
      const id = `file-${provider.files.length}`;
      provider.kept.set(id, { filename: file instanceof File ? file.name : "", text });
      return Response.json({ id });
    }
    if (call === "GET /files") {
      const data = [...provider.kept].map(([id, { filename }]) => ({ id, filename }));
      return Response.json({ object: "list", data, has_more: false });
    }
    if (init.method === "DELETE") {
      const id = path.split("/").at(-1) ?? "";
      const status = provider.kept.delete(id) ? 200 : 404;
      return Response.json(status === 200 ? { id, deleted: true } : { error: { message: "No such file." } }, {
        status,
      });
    }
    if (path.endsWith("/cancel")) {
      if (provider.status !== "succeeded") provider.status = "cancelled";
      else return Response.json({ error: { message: "The job has already completed." } }, { status: 400 });
    }
    if (call === "POST /fine_tuning/jobs") {
      const asked = JSON.parse(new TextDecoder().decode(body)) as { metadata: unknown; model: unknown };
      provider.jobs.push({ id: `job-${provider.jobs.length + 1}`, metadata: asked.metadata, model: asked.model });
      return Response.json({ ...provider.jobs.at(-1), status: "validating_files" });
    }
    if (call === "GET /fine_tuning/jobs") return Response.json({ data: provider.jobs });
    if (path.endsWith("/events")) {
      const data = { step: 1, train_loss: 1.5, valid_loss: null };
      return Response.json({ data: [{ created_at: 5, level: "info", message: "Step 1", data }] });
    }
    const model = provider.status === "succeeded" ? "ft:base:1" : null;
    return Response.json({ id: "job-1", status: provider.status, fine_tuned_model: model, trained_tokens: null });
  });
  return provider;
}

/** Delivers, and looks at the provider, until a fine-tune has its model. @returns its id */
export async function aTunedModel(world: World, provider: ReturnType<typeof aProvider>, export_id: string) {
  const asked = { export_id, base_model: "base", method: "supervised" };
  const { id } = await world.json("POST", "/v1/fine-tunes", asked);
  await world.deliver();
  provider.status = "succeeded";
  world.now += 60_000;
  await world.sweep();
  await world.deliver();
  return id as string;
}
