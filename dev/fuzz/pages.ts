/** A form as a page shows it. */
export interface Form {
  method: "GET" | "POST";
  /** Where it is sent. */
  action: string;
  /** Name and value of each field, in order; of a choice, each value it offers. */
  fields: { name: string; values: string[] }[];
}

/** The links and forms of a page of ours. Our own markup is regular, so that this needs no parser of HTML at large. */
export function readPage(html: string, path: string): { links: string[]; forms: Form[] } {
  const base = `http://page${path}`;
  const links = [...html.matchAll(/<a\s([^>]*)>/g)].flatMap(([, attributes = ""]) => {
    const to = attributeOf(attributes, "href");
    return to === undefined ? [] : (local(to, base) ?? []);
  });
  const forms = [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, attributes = "", inner = ""]) => ({
    method: attributeOf(attributes, "method")?.toLowerCase() === "post" ? ("POST" as const) : ("GET" as const),
    action: local(attributeOf(attributes, "action") ?? path, base) ?? path,
    fields: [...fieldsOf(inner)],
  }));
  return { links: [...new Set(links)], forms };
}

function* fieldsOf(inner: string): Generator<Form["fields"][number]> {
  const tags = /<(input|button)\b([^>]*)>|<(textarea|select)\b([^>]*)>(.*?)<\/\3>/gs;
  for (const [, , ownAttributes, tag, itsAttributes, rest = ""] of inner.matchAll(tags)) {
    const attributes = ownAttributes ?? itsAttributes ?? "";
    const name = attributeOf(attributes, "name");
    if (name === undefined) continue;
    if (tag === "textarea") yield { name, values: [decode(rest)] };
    else if (tag === "select") yield { name, values: optionsOf(rest) };
    else yield { name, values: [attributeOf(attributes, "value") ?? ""] };
  }
}

function optionsOf(inner: string): string[] {
  return [...inner.matchAll(/<option\b([^>]*)>([^<]*)/g)].map(
    ([, attributes = "", text = ""]) => attributeOf(attributes, "value") ?? decode(text),
  );
}

function attributeOf(attributes: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
  return value === undefined ? undefined : decode(value);
}

function decode(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

/** The path of an address on this site; null for one elsewhere. */
function local(to: string, base: string): string | null {
  const url = URL.parse(to, base);
  return url?.host === "page" ? url.pathname + url.search : null;
}

/** A path with its ids and its query taken out, so that pages of one kind count as one. */
export function shapeOf(path: string): string {
  const [pathname = "", query] = path.split("?", 2);
  const shape = pathname
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "{id}")
    .replace(/^\/clusters\/[^/]+/, "/clusters/{topic}")
    .replace(/^(\/v1\/links)\/[^/]+/, "$1/{token}");
  return query === undefined ? shape : `${shape}?`;
}
