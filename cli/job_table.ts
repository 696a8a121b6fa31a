import type { JobBody } from "../core/api/jobs.ts";
import { doneOf } from "./job_words.ts";
import type { Style } from "./output/style.ts";
import { table } from "./output/table.ts";
import { ago, elapsed } from "./output/time_words.ts";

/** A row a job: name, id, state, done, failed, age and how long it has run. */
export async function jobTable(jobs: readonly JobBody[], nowMs: number, style: Style): Promise<string> {
  const rows = jobs.map((job) => [
    job.name,
    job.id,
    { ours: style.state(job.state) },
    `${figure(doneOf(job.counts))}/${figure(job.total)}`,
    job.counts.failed,
    ago(job.created_at, nowMs),
    elapsed(job.started_at, job.ended_at, nowMs),
  ]);
  return await table(["NAME", "ID", "STATE", "DONE", "FAILED", "SUBMITTED", "TIME"], rows, {
    right: ["DONE", "FAILED"],
  });
}

function figure(count: number): string {
  return count.toLocaleString("en-US");
}
