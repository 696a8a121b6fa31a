import type { JobBody } from "../core/api/jobs.ts";
import { oneLine } from "./output/plain.ts";
import { countOf } from "./output/count_words.ts";
import { elapsed } from "./output/time_words.ts";

/** States a job does not leave by itself. */
export function hasEnded(job: Pick<JobBody, "state">): boolean {
  return job.state === "complete" || job.state === "failed" || job.state === "killed";
}

/** Tasks that will not run again by themselves. */
export function doneOf(counts: JobBody["counts"]): number {
  return counts.complete + counts.failed + counts.killed;
}

/** `Job words (jabc) · 17 tasks`. */
export function submittedLine(job: Pick<JobBody, "name" | "id" | "total">): string {
  return `Job ${oneLine(job.name)} (${job.id}) · ${countOf(job.total, "task")}`;
}

/** `Job words failed · 15 complete, 2 failed of 17 in 3.2s`. */
export function summaryLine(job: JobBody, nowMs: number): string {
  const time = elapsed(job.started_at ?? job.created_at, job.ended_at, nowMs);
  return `Job ${oneLine(job.name)} ${job.state} · ${outcomes(job)} in ${time}`;
}

function outcomes({ counts, total, state }: JobBody): string {
  if (state === "complete") return countOf(total, "task");
  const kinds = ["complete", "failed", "killed"] as const;
  const parts = kinds.filter((kind) => counts[kind] > 0).map((kind) =>
    `${counts[kind].toLocaleString("en-US")} ${kind}`
  );
  return `${parts.join(", ")} of ${total.toLocaleString("en-US")}`;
}
