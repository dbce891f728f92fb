export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/** Milliseconds since 1970 UTC. Passed in wherever time matters, so that tests can set it. */
export type Clock = () => number;

/** RFC 3339 in UTC, as the contract wants times. */
export function toRfc3339(ms: number): string {
  return new Date(ms).toISOString();
}

export function toRfc3339OrNull(ms: number | null): string | null {
  return ms === null ? null : toRfc3339(ms);
}

/** The day in UTC: `2026-01-31`. */
export function dayOf(ms: number): string {
  return toRfc3339(ms).slice(0, 10);
}

/** When the next day begins, UTC. */
export function nextDay(ms: number): number {
  return (Math.floor(ms / DAY) + 1) * DAY;
}

/** 1970 began on a Thursday: the Monday of its first week, UTC. */
const FIRST_MONDAY = -3 * DAY;

/** When the week of a time began: Monday, midnight UTC. */
export function weekOf(ms: number): number {
  return FIRST_MONDAY + Math.floor((ms - FIRST_MONDAY) / WEEK) * WEEK;
}
