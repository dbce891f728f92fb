/**
 * A gain as people read it: signed, coloured by its sign, "unscored" where there is no number. Samples that all agree
 * measured no spread, which is luck: no ± 0 is shown for it.
 */
export function Gain({ gain, spread }: { gain: number | null; spread?: number | null }) {
  if (gain === null) return <span class="gain none">unscored</span>;
  const kind = gain > 0 ? "up" : gain < 0 ? "down" : "same";
  return (
    <span class={`gain ${kind}`}>
      {signed(gain)}
      {spread != null && spread > 0 && <small> ± {spread.toFixed(1)}</small>}
    </span>
  );
}

/** `+12`, `−3`, `0`: with a real minus sign; a dash where there is no number. */
export function signed(value: number | null): string {
  if (value === null) return "–";
  return value > 0 ? `+${value}` : String(value).replace("-", "−");
}

export function Rating({ rating }: { rating: number | null }) {
  return <span class="rating">{rating === null ? "not rated" : `${rating} of 100`}</span>;
}
