import type { Child } from "hono/jsx";

/** A text under its title, shown whole unless the children say otherwise. */
export function TextSection({ title, children }: { title: Child; children: Child }) {
  return (
    <section class="text">
      <h2>{title}</h2>
      {typeof children === "string" ? <p class="whole">{children}</p> : children}
    </section>
  );
}
