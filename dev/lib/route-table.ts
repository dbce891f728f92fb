const SCOPES = ["ingest", "prompts", "read", "review", "export", "admin"];

interface Route {
  method: string;
  path: string;
  access: string | null;
}

/** Routes × scopes, in Markdown: which key opens what. @throws Error for a route that does not say what it needs */
export function routeTable(routes: Route[]): string {
  const rows = routes.map(({ method, path, access }) => {
    if (access === null) throw new Error(`${method} ${path} does not say what it needs`);
    const opens = (scope: string) =>
      access === "any_key" || scope === access || scope === "admin" || (access === "read" && scope === "review");
    const marks = SCOPES.map((scope) => (access === "public" || opens(scope) ? "•" : ""));
    return [`\`${method} ${path.replaceAll("|", "\\|")}\``, access === "public" ? "•" : "", ...marks];
  });
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`.replace(/ {2,}/g, " ");
  const head = ["route", "no key", ...SCOPES];
  return [head, head.map((_, i) => (i === 0 ? "---" : ":-:")), ...rows].map(line).join("\n");
}
