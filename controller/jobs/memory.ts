import type { Task } from "../../core/task.ts";
import { type StoredJob, unfinishedJobs } from "../store/jobs.ts";
import type { Db } from "../store/store.ts";
import { lastAttempted, pendingRanges, tasksOut } from "../store/tasks.ts";
import { settleAfter } from "./after.ts";
import { IndexRanges } from "./index_ranges.ts";
import { UnfinishedJob } from "./unfinished_job.ts";

/** The unfinished jobs and what is out on hosts: a copy of what the store says, for deciding fast. */
export class QueueMemory {
  /** By id, in order of submission but for jobs that were reset. */
  readonly jobs = new Map<string, UnfinishedJob>();
  /** How many tasks of which job are out on each host. */
  readonly onHosts = new Map<string, Map<UnfinishedJob, number>>();
  /** Raised by each load: what was read before it is not to be trusted. */
  generation = 0;

  /** Reads all of it from the rows, also after a commit that failed. */
  load(db: Db): void {
    this.jobs.clear();
    this.onHosts.clear();
    this.generation++;
    for (const stored of unfinishedJobs(db)) this.add(loadJob(db, stored));
    for (const job of this.jobs.values()) settleAfter(db, this, job);
  }

  add(job: UnfinishedJob): void {
    this.jobs.set(job.id, job);
    for (const task of job.out.values()) this.#count(task.hostId, job, 1);
  }

  remove(job: UnfinishedJob): void {
    this.jobs.delete(job.id);
    for (const counts of this.onHosts.values()) counts.delete(job);
  }

  /** The task is out on its host now, or still. */
  putOut(job: UnfinishedJob, task: Task): void {
    if (!job.out.has(task.index)) this.#count(task.hostId, job, 1);
    job.out.set(task.index, task);
  }

  /** The task is on no host any more. */
  takeBack(job: UnfinishedJob, index: number): void {
    const task = job.out.get(index);
    if (task === undefined) return;
    job.out.delete(index);
    this.#count(task.hostId, job, -1);
  }

  /** How many tasks are out on the host. */
  countOn(hostId: string): number {
    return Iterator.from(this.onHosts.get(hostId)?.values() ?? []).reduce((sum, count) => sum + count, 0);
  }

  /** Hosts that hold tasks of the job. */
  hostsOf(jobId: string): readonly string[] {
    const job = this.jobs.get(jobId);
    if (job === undefined) return [];
    return [...this.onHosts].flatMap(([hostId, counts]) => counts.has(job) ? [hostId] : []);
  }

  #count(hostId: string | null, job: UnfinishedJob, step: number): void {
    if (hostId === null) return;
    let counts = this.onHosts.get(hostId);
    if (counts === undefined) this.onHosts.set(hostId, counts = new Map());
    const count = (counts.get(job) ?? 0) + step;
    if (count > 0) counts.set(job, count);
    else counts.delete(job);
    if (counts.size === 0) this.onHosts.delete(hostId);
  }
}

/** The job as its rows say it is. */
export function loadJob(db: Db, stored: StoredJob): UnfinishedJob {
  const job = new UnfinishedJob(stored, new IndexRanges(pendingRanges(db, stored.seq)));
  job.freshFrom = lastAttempted(db, stored.seq) + 1;
  for (const { task } of tasksOut(db, stored)) job.out.set(task.index, task);
  return job;
}
