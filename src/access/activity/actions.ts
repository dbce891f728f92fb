/** What a route does, and to what kind of row. */
export interface Action {
  /** `{change}` stands for the route's parameter of that name. */
  name: string;
  subject?: string;
}

/**
 * The name of everything that the audit log records, by route. An API's route and a page's that do the same have one
 * name. A route that changes something and is missing here is recorded by its method and path, and a test names it.
 */
export const ACTIONS: Record<string, Action> = {
  "POST /sign-in": { name: "sign_in" },
  "POST /sign-out": { name: "sign_out" },
  "POST /sign-out/everywhere": { name: "sign_out_everywhere" },
  "POST /v1/keys": { name: "make_key", subject: "key" },
  "POST /settings/keys": { name: "make_key", subject: "key" },
  "DELETE /v1/keys/:id": { name: "revoke_key", subject: "key" },
  "POST /settings/keys/:id/revoke": { name: "revoke_key", subject: "key" },

  ...both("POST", "/correction-runs", "/runs", { name: "start_run", subject: "run" }),
  ...both("POST", "/corrections/resume", "/runs/resume", { name: "resume_corrections" }),
  ...both("POST", "/dead-letters/:id/replay", null, { name: "replay_dead_letter", subject: "dead letter" }),
  ...both("POST", "/judge/controls", null, { name: "start_controls", subject: "controls" }),
  ...both("POST", "/audit/items/:id/labels", "/audit/items/:id", { name: "rate_audit_item", subject: "audit item" }),
  ...both("POST", "/improvements/:id/review", null, { name: "review_improvement", subject: "improvement" }),

  "DELETE /v1/failures/:id": { name: "erase_failure", subject: "failure" },
  ...both("POST", "/withdrawals", null, { name: "withdraw", subject: "withdrawal" }),
  ...both("POST", "/withdrawals/:id/undo", null, { name: "undo_withdrawal", subject: "withdrawal" }),

  ...both("POST", "/exports", null, { name: "start_export", subject: "export" }),
  "POST /v1/exports/:id/cancel": { name: "cancel_export", subject: "export" },
  "POST /v1/exports/:id/rebuild": { name: "rebuild_export", subject: "export" },
  "DELETE /v1/exports/:id": { name: "delete_export", subject: "export" },
  "POST /exports/:id/:change{cancel|rebuild|delete}": { name: "{change}_export", subject: "export" },
  "POST /v1/exports/:id/links": { name: "make_links", subject: "export" },

  ...both("POST", "/fine-tunes", null, { name: "start_fine_tune", subject: "fine-tune" }),
  ...both("POST", "/fine-tunes/:id/cancel", null, { name: "cancel_fine_tune", subject: "fine-tune" }),
  ...both("POST", "/fine-tunes/:id/comparison", "/fine-tunes/:id/compare", {
    ...{ name: "start_comparison", subject: "fine-tune" },
  }),
  ...both("POST", "/fine-tunes/:id/comparison/cancel", "/fine-tunes/:id/compare/cancel", {
    ...{ name: "cancel_comparison", subject: "fine-tune" },
  }),
  "PUT /v1/bot-model": { name: "set_bot_model", subject: "fine-tune" },
  "POST /fine-tunes/:id/use": { name: "set_bot_model", subject: "fine-tune" },
  "DELETE /v1/bot-model": { name: "clear_bot_model" },
  "POST /bot-model/clear": { name: "clear_bot_model" },

  "PUT /v1/clusters/:topic/guidance": { name: "edit_guidance", subject: "cluster" },
  "POST /clusters/:topic/guidance": { name: "edit_guidance", subject: "cluster" },
  "POST /v1/clusters/:topic/lessons/:id/approve": { name: "review_lesson", subject: "lesson" },
  "POST /v1/clusters/:topic/lessons/:id/reject": { name: "review_lesson", subject: "lesson" },
  "POST /clusters/:topic/lessons/:id": { name: "review_lesson", subject: "lesson" },
  "POST /v1/clusters/:topic/rename": { name: "rename_cluster", subject: "cluster" },
  "POST /v1/clusters/:topic/merge": { name: "merge_clusters", subject: "cluster" },
  "POST /v1/clusters/:topic/split": { name: "split_cluster", subject: "cluster" },
  "POST /v1/router/train": { name: "train_router" },

  // What takes customers' texts out of the database.
  "GET /v1/exports/:id/training_data.jsonl": { name: "download_file", subject: "export" },
  "GET /v1/exports/:id/validation_data.jsonl": { name: "download_file", subject: "export" },
  "GET /v1/links/:token/:file": { name: "use_link", subject: "export" },
};

/** Machines' traffic, which no person decides on, and what only looks: the log would be of nothing else. */
export const NOT_RECORDED = new Set([
  "POST /v1/failures",
  "POST /v1/prompts",
  "POST /v1/outcomes",
  "POST /v1/chat/completions",
  "POST /v1/fine-tunes/webhook",
  "POST /v1/withdrawals/preview",
]);

/** Every name there is, for filters. */
export const ACTION_NAMES = [...new Set(Object.values(ACTIONS).flatMap(namesOf))].toSorted();

function namesOf({ name }: Action): string[] {
  return name === "{change}_export" ? [] : [name];
}

/** An API's route and the page's; null: the same path. */
function both(method: string, api: string, page: string | null, action: Action): Record<string, Action> {
  return { [`${method} /v1${api}`]: action, [`${method} ${page ?? api}`]: action };
}
