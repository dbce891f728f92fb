import { describeError } from "./errors.ts";

/**
 * What a log line may say beside its event: ids, counts and codes. Texts of customers and agents have no field here,
 * so that none gets into a log.
 */
export type LogFields = {
  [field in `${string}_id` | "at" | "code" | "count" | "job" | "key" | "status" | "version"]?:
    | string
    | number
    | string[]
    | null;
};

const logAs =
  (level: "info" | "warn" | "error") =>
  (event: string, fields: LogFields = {}, ...error: unknown[]): void => {
    const described = error.length > 0 ? { error: describeError(error[0]) } : {};
    console[level](JSON.stringify({ level, event, ...fields, ...described }));
  };

/**
 * The one logger: a line of JSON with level, event and fields, and the error without what its message quotes.
 * `warn` is for what heals without anybody's help, `error` for what somebody should look at.
 */
export const log = { info: logAs("info"), warn: logAs("warn"), error: logAs("error") };
