import type { MiddlewareHandler } from "hono";
import { checkJson } from "../lib/check-json.ts";
import { RedraftError } from "../lib/errors.ts";
import type { AppContext, AppEnv } from "./app-env.ts";
import { readBody } from "./read-body.ts";

const JSON_TYPE = /^application\/([\w.-]+\+)?json$/;

/** What a request says its body is, without parameters such as the charset; "" where it does not say. */
export function mediaType(c: AppContext): string {
  return c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
}

/**
 * Refuses a body before it is parsed: one of another kind than the route takes, which would count as none given, and
 * JSON that is empty, not UTF-8 or nested too deep.
 * @param takes media types
 */
export function checkBody(takes: string[]): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const type = mediaType(c);
    const isJson = JSON_TYPE.test(type) && takes.includes("application/json");
    if (!isJson && !takes.includes(type)) {
      throw new RedraftError("unsupported_media_type", `Send the body as ${takes.join(" or as ")}.`);
    }
    if (isJson) {
      const problem = checkJson(await readBody(c));
      if (problem !== null) throw new RedraftError("invalid", `The body ${problem}.`);
    }
    return next();
  };
}
