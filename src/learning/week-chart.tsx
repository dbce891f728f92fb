import { DAY, WEEK } from "../lib/time.ts";
import type { Learning, Release } from "./schemas.ts";

/** One week in a chart; null: not known. */
export interface ChartWeek {
  value: number | null;
  /** Of its 95% interval. */
  low?: number;
  high?: number;
  /** A part of the value, in another colour. */
  part?: number;
  /** What is said of it. */
  label: string;
}

interface Props {
  title: string;
  /** What the colours mean. */
  caption: string;
  weeks: ChartWeek[];
  learning: Pick<Learning, "since" | "releases">;
  /** How a value is written. */
  format: (value: number) => string;
}

const [WIDTH, HEIGHT] = [20, 80];

/** Wide intervals of weeks with few prompts are cut off at this many times the largest value. */
const ROOM = 2;

/** A bar for each week with its interval as a line, and the releases as lines from top to bottom. */
export function WeekChart({ title, caption, weeks, learning, format }: Props) {
  const most = Math.max(0, ...weeks.map(({ value }) => value ?? 0));
  const highest = Math.max(0, ...weeks.map(({ value, high }) => high ?? value ?? 0));
  const top = (most === 0 ? highest : Math.min(highest, most * ROOM)) || 1;
  const y = (value: number) => HEIGHT - (Math.min(value, top) / top) * HEIGHT;
  const since = Date.parse(learning.since);
  return (
    <figure class="weeks">
      <figcaption>
        <strong>{title}</strong> <span class="hint">{`${caption} Highest: ${format(most)}.`}</span>
      </figcaption>
      <svg viewBox={`0 0 ${weeks.length * WIDTH} ${HEIGHT}`} role="img" preserveAspectRatio="none">
        <title>{`${title}, week by week; the table below has the numbers`}</title>
        {weeks.map(({ value, low, high, part, label }, n) => {
          const x = n * WIDTH;
          if (value === null) {
            return (
              <rect class="unknown" x={x + 2} y="0" width={WIDTH - 4} height={HEIGHT}>
                <title>{label}</title>
              </rect>
            );
          }
          return (
            <g>
              <title>{label}</title>
              <rect class="bar" x={x + 4} y={y(value)} width={WIDTH - 8} height={HEIGHT - y(value)} />
              {part !== undefined && (
                <rect class="part" x={x + 4} y={y(part)} width={WIDTH - 8} height={HEIGHT - y(part)} />
              )}
              {low !== undefined && high !== undefined && (
                <line class="spread" x1={x + WIDTH / 2} x2={x + WIDTH / 2} y1={y(high)} y2={y(low)} />
              )}
            </g>
          );
        })}
        {releaseDays(learning.releases).map(({ at, kind, label }) => (
          <line
            class={kind === "lessons" ? "release" : "release model"}
            x1={xOf(at, since)}
            x2={xOf(at, since)}
            y1="0"
            y2={HEIGHT}
          >
            <title>{label}</title>
          </line>
        ))}
      </svg>
    </figure>
  );
}

function xOf(at: number, since: number): string {
  return (((at - since) / WEEK) * WIDTH).toFixed(1);
}

/** One line for each day and kind of release: a hundred lines in a row would be a wall. */
function releaseDays(releases: Release[]) {
  const days = Map.groupBy(releases, ({ at, kind }) => `${at.slice(0, 10)} ${kind}`);
  return [...days.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const day = first.at.slice(0, 10);
    const label = `${day}: ${same.length === 1 ? describeRelease(first) : `${same.length} changes of lessons or models`}`;
    return [{ at: Date.parse(day) + DAY / 2, kind: first.kind, label }];
  });
}

/** What was released, in words. */
export function describeRelease({ kind, topic, lessons_added, lessons_retired, model, before }: Release): string {
  if (kind === "lessons") return `lessons of ${topic}: ${lessons_added} added, ${lessons_retired} retired`;
  const name = kind === "bot_model" ? "the bot's model" : "the correction model";
  return `${name}: ${model ?? "the default"}, before ${before ?? "the default"}`;
}
