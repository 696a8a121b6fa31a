/** Milliseconds since the Unix epoch, UTC. Pure code receives it as an argument and never reads a clock. */
export type Instant = number;

/** RFC 3339 UTC with milliseconds, or null. */
export function formatInstant(instant: Instant | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
