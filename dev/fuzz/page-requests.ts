import fc from "fast-check";
import { formBodies, urlEncoded } from "./bodies.ts";
import { browser, credentials } from "./headers.ts";
import { type Form, shapeOf } from "./pages.ts";
import { encode, MOST_IN_URL, NOTHING, requestOf, type Target } from "./parts.ts";
import type { FuzzRequest } from "./request.ts";
import { hostileText, plainText } from "./values.ts";

/** A form, filled in as it stands or otherwise. */
export function byForm(target: Target, form: Form): fc.Arbitrary<FuzzRequest> {
  const what = { method: form.method, route: `${form.method} (form) ${shapeOf(form.action)}` };
  const fields = fc.tuple(...form.fields.map(({ name, values }) => fieldOf(name, values))).map((all) => all.flat());
  const headers = fc.oneof(
    { weight: 9, arbitrary: fc.constant<[string, string][]>([["cookie", target.session], ...browser(target.origin)]) },
    { weight: 1, arbitrary: credentials(target.session, target.origin) },
  );
  if (form.method === "POST") return requestOf(target, what, fc.constant(form.action), formBodies(fields), headers);
  const path = fields.map((all) => `${form.action.split("?")[0]}?${urlEncoded(all).slice(0, MOST_IN_URL)}`);
  return requestOf(target, what, path, NOTHING, headers);
}

/** A field as it stands, changed, left out, or twice. */
function fieldOf(name: string, values: string[]): fc.Arbitrary<[string, string][]> {
  const offered = fc.constantFrom(...(values.length > 0 ? values : [""]));
  const one = (value: string): [string, string][] => [[name, value]];
  return fc.oneof(
    { weight: 20, arbitrary: offered.map(one) },
    { weight: 4, arbitrary: fc.oneof(plainText, hostileText).map(one) },
    { weight: 1, arbitrary: fc.constant<[string, string][]>([]) },
    { weight: 1, arbitrary: fc.tuple(offered, hostileText).map(([a, b]) => [...one(a), ...one(b)]) },
  );
}

/** A link as it stands, or with another parameter or name. */
export function toPage(target: Target, link: string): fc.Arbitrary<FuzzRequest> {
  const what = { method: "GET", route: `GET (page) ${shapeOf(link)}` };
  const [path = "", query = ""] = link.split("?", 2);
  const names = [...new URLSearchParams(query).keys(), "cursor", "limit", "after", "next", "q"];
  const changed = fc.tuple(fc.constantFrom(...names), hostileText).map(([name, value]) => {
    const all = new URLSearchParams(query);
    all.set(name, value.toWellFormed());
    return `${path}?${all}`.slice(0, MOST_IN_URL);
  });
  const mangled = hostileText.map((text) => path.replace(/[^/]*$/, () => encode(text)));
  const where = fc.oneof(
    { weight: 5, arbitrary: fc.constant(link) },
    { weight: 3, arbitrary: changed },
    { weight: 1, arbitrary: mangled },
  );
  const headers = fc.oneof(
    { weight: 5, arbitrary: fc.constant<[string, string][]>([["cookie", target.session], ...browser(target.origin)]) },
    { weight: 2, arbitrary: credentials(target.session, target.origin) },
  );
  return requestOf(target, what, where, NOTHING, headers);
}
