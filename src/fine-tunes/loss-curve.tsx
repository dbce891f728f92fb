import type { FineTuneOutput } from "./schemas.ts";

const [WIDTH, HEIGHT] = [160, 48];

/** The training loss by step, and in words its first and last value. */
export function LossCurve({ loss }: Pick<FineTuneOutput, "loss">) {
  const points = loss.flatMap(({ step, train_loss }) => (train_loss === null ? [] : [{ step, value: train_loss }]));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return <>–</>;
  // At least 1: one step, or no loss at all, is a line on the floor.
  const steps = last.step - first.step || 1;
  const most = Math.max(...points.map(({ value }) => value)) || 1;
  const line = points.map(({ step, value }) => {
    const [x, y] = [((step - first.step) / steps) * WIDTH, HEIGHT - (value / most) * (HEIGHT - 2)];
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const words = `from ${first.value.toFixed(2)} to ${last.value.toFixed(2)} in ${last.step} steps`;
  return (
    <>
      <svg class="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Training loss ${words}`}>
        <polyline points={line.join(" ")} />
      </svg>
      <p class="hint">{words}</p>
    </>
  );
}
