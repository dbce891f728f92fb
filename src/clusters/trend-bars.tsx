import { DAY } from "../lib/time.ts";
import type { ClusterDetail } from "./schemas.ts";

export const TREND_DAYS = 30;

const BAR = 10;
const HEIGHT = 60;

/**
 * Failures per day as bars, the tallest as high as there is room.
 * @param until the last day, as `2026-01-31`
 */
export function TrendBars({ trend, until }: Pick<ClusterDetail, "trend"> & { until: string }) {
  const most = Math.max(1, ...trend.map(({ failures }) => failures));
  const total = trend.reduce((sum, { failures }) => sum + failures, 0);
  const end = Date.parse(until);
  return (
    <svg viewBox={`0 0 ${TREND_DAYS * BAR} ${HEIGHT}`} role="img" preserveAspectRatio="none">
      <title>{`${total} failures in ${TREND_DAYS} days, at most ${most} a day`}</title>
      {trend.map(({ day, failures }) => {
        const place = TREND_DAYS - 1 - Math.round((end - Date.parse(day)) / DAY);
        const height = (failures / most) * HEIGHT;
        return place < 0 ? null : (
          <rect class="bar" x={place * BAR + 1} y={HEIGHT - height} width={BAR - 2} height={height}>
            <title>{`${day}: ${failures}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
