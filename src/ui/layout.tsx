import type { Child } from "hono/jsx";

const NAV = [
  { href: "/", name: "Leaderboard" },
  { href: "/review", name: "Review" },
  { href: "/audit", name: "Audit" },
  { href: "/clusters", name: "Clusters" },
  { href: "/learning", name: "Learning" },
  { href: "/runs", name: "Runs" },
  { href: "/exports", name: "Training files" },
  { href: "/fine-tunes", name: "Fine-tunes" },
  { href: "/judge", name: "Judge" },
  { href: "/activity", name: "Audit log" },
  { href: "/settings", name: "Settings" },
  { href: "/docs", name: "API" },
];

/** A whole page: head, navigation, the operator's notice, and `children`. */
export function Layout({
  title,
  notice,
  path,
  who,
  children,
}: {
  title: string;
  notice: string;
  path: string;
  /** Who is signed in; null: nobody. */
  who: { name: string; kind: string } | null;
  children: Child;
}) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Redraft`}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/styles.css" />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header class="top">
          <a class="brand" href="/">
            <img src="/icon.svg" alt="" width="24" height="24" /> Redraft
          </a>
          <nav aria-label="Main">
            {NAV.map(({ href, name }) => (
              <a href={href} aria-current={href === path ? "page" : undefined}>
                {name}
              </a>
            ))}
          </nav>
          {who !== null && (
            <details class="sign-out">
              <summary>Sign out</summary>
              <form method="post" action="/sign-out">
                <p class="hint">{who.name}</p>
                {who.kind === "person" ? (
                  // A form may not lead on to the domain of Access, where its sign-out goes.
                  <a class="button" href="/cdn-cgi/access/logout">
                    This browser
                  </a>
                ) : (
                  <button type="submit">This browser</button>
                )}
                <button class="quiet" type="submit" formaction="/sign-out/everywhere">
                  All browsers
                </button>
              </form>
            </details>
          )}
        </header>
        {notice !== "" && <p class="notice">{notice}</p>}
        <main id="main">{children}</main>
      </body>
    </html>
  );
}
