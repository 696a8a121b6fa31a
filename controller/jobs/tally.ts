/** States that end a task. */
export type EndState = "complete" | "failed" | "killed";

/**
 * What became of what a host said of one attempt. `stale`: the attempt is not out on that host any more.
 * `incomplete`: blobs that it names have yet to come; the host says it again.
 */
export type ReportResult = "recorded" | "stale" | "incomplete";

/** What was done, counted. */
export interface Tally {
  /** Steps of tasks to each final state; a task that is reset and ends again counts twice. */
  readonly tasksEnded: Readonly<Record<EndState, number>>;
  readonly reports: Readonly<Record<ReportResult, number>>;
}

/** A tally that grows. */
export interface GrowingTally extends Tally {
  readonly tasksEnded: Record<EndState, number>;
  readonly reports: Record<ReportResult, number>;
}

export function emptyTally(): GrowingTally {
  return {
    tasksEnded: { complete: 0, failed: 0, killed: 0 },
    reports: { recorded: 0, stale: 0, incomplete: 0 },
  };
}

/** Adds `more` to `tally`. */
export function addTally({ tasksEnded, reports }: GrowingTally, more: Tally): void {
  for (const state of Object.keys(tasksEnded) as EndState[]) tasksEnded[state] += more.tasksEnded[state];
  for (const result of Object.keys(reports) as ReportResult[]) reports[result] += more.reports[result];
}
