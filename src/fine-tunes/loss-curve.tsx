import type { FineTuneOutput } from "./schemas.ts";

const CURVE = { width: 160, height: 48 };

/** The training loss by step, and in words its first and last value. */
export function LossCurve({ loss }: Pick<FineTuneOutput, "loss">) {
  const points = loss.flatMap(({ step, train_loss }) => (train_loss === null ? [] : [{ step, value: train_loss }]));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return <>–</>;
  const most = Math.max(...points.map(({ value }) => value));
  const place = ({ step, value }: { step: number; value: number }) => {
    const x = last.step === first.step ? 0 : ((step - first.step) / (last.step - first.step)) * CURVE.width;
    const y = CURVE.height - (most === 0 ? 0 : value / most) * (CURVE.height - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  };
  const words = `from ${first.value.toFixed(2)} to ${last.value.toFixed(2)} in ${last.step} steps`;
  return (
    <>
      <svg
        class="curve"
        viewBox={`0 0 ${CURVE.width} ${CURVE.height}`}
        role="img"
        aria-label={`Training loss ${words}`}
      >
        <polyline points={points.map(place).join(" ")} />
      </svg>
      <p class="hint">{words}</p>
    </>
  );
}
