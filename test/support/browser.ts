import { KEY, type World } from "./world.ts";

const ORIGIN = "http://localhost";

/** A browser that signed in: sends forms as our own pages do, by its cookie alone. */
export async function aBrowser(world: World, key = KEY) {
  const form = { origin: ORIGIN, "content-type": "application/x-www-form-urlencoded" };
  const signedIn = await world.call("POST", "/sign-in", new URLSearchParams({ key }).toString(), form);
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const own = { authorization: "", cookie, accept: "text/html" };
  return {
    open: (path: string) => world.call("GET", path, undefined, own),
    /** @param from the origin it says it comes from */
    send: (path: string, fields: [string, string][], from = ORIGIN) =>
      world.call("POST", path, new URLSearchParams(fields).toString(), { ...own, ...form, origin: from }),
  };
}
