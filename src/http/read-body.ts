import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { RedraftError } from "../lib/errors.ts";
import { log } from "../lib/log.ts";
import type { AppContext, AppEnv } from "./app-env.ts";

/** A request's whole body. @throws RedraftError where the caller breaks it off: that is no fault of ours */
export async function readBody(c: AppContext): Promise<Uint8Array> {
  try {
    return new Uint8Array(await c.req.arrayBuffer());
  } catch (error) {
    throw brokenOff(error);
  }
}

/** Refuses larger bodies. One whose length nobody said is read for that. */
export function limitBody(maxBytes: number): MiddlewareHandler<AppEnv> {
  const limited = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new RedraftError("too_large", `The body is larger than ${maxBytes} bytes.`);
    },
  });
  return async (c, next) => {
    let isRead = false;
    const goOn = () => {
      isRead = true;
      return next();
    };
    try {
      return await limited(c, goOn);
    } catch (error) {
      throw isRead || error instanceof RedraftError ? error : brokenOff(error);
    }
  };
}

/** What a body that did not come whole is answered with. */
export function brokenOff(error: unknown): RedraftError {
  log.warn("body_broken_off", {}, error);
  return new RedraftError("invalid", "The body broke off.");
}
