/** A time as people read it, to the minute, in UTC. */
export function When({ time }: { time: string }) {
  return <time datetime={time}>{`${time.slice(0, 16).replace("T", " ")} UTC`}</time>;
}
