import type { FC } from "hono/jsx";

/** A text in stretches; those that another text does not have are marked, as removed or as added. */
export const Marked: FC<{ stretches: { text: string; only: boolean }[]; as: "removed" | "added" | "missing" }> = ({
  stretches,
  as,
}) => (
  <p class="whole">
    {stretches.map(({ text, only }) => {
      if (!only || text.trim() === "") return text;
      if (as === "removed") return <del>{text}</del>;
      return as === "added" ? <ins>{text}</ins> : <mark>{text}</mark>;
    })}
  </p>
);
