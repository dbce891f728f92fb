import type { Child } from "hono/jsx";

/** Names with their values, in a row; those without a value are left out. `totals` are in large numbers. */
export function Facts({ facts, as = "facts" }: { facts: Record<string, Child>; as?: "facts" | "totals" }) {
  return (
    <dl class={as}>
      {Object.entries(facts).map(
        ([name, value]) =>
          value !== null && (
            <div>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
