import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Values } from "../db/schema/activity.ts";
import { RedraftError } from "../lib/errors.ts";
import { fieldErrors } from "../lib/field-errors.ts";
import type { Services } from "../services.ts";
import type { Caller } from "./caller.ts";

export interface AppEnv {
  Bindings: Cloudflare.Env;
  Variables: {
    services: Services;
    requestId: string;
    caller: Caller;
    /** The caller's name, for what is kept about who decided. */
    actor: string;
    note?: Note;
  };
}

/** What a handler adds to the audit log's entry of its request; see `Values` for what may stand there. */
export interface Note {
  /** The id of the row, where the address does not have it. */
  subject?: string;
  before?: Values;
  after?: Values;
  /** False: this request only looked. */
  changed?: false;
}

export type AppContext = Context<AppEnv>;

/** A router whose bad input becomes one kind of problem: the field and the reason. */
export function createRouter(): OpenAPIHono<AppEnv> {
  return new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      const errors = fieldErrors(result.error);
      const inBody = result.target === "json" || result.target === "form";
      throw new RedraftError(
        "invalid",
        inBody
          ? "The body does not have the fields this call takes."
          : `The ${result.target} parameters are not valid.`,
        inBody ? errors : errors.map((error) => ({ ...error, pointer: `?${error.pointer.slice(1)}` })),
      );
    },
  });
}
