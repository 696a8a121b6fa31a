import { compileJob } from "../../core/command.ts";
import { MusterError } from "../../core/errors.ts";
import type { JobSpec } from "../../core/job.ts";
import { deleteSome, insertJob, jobBySeq, setReady, type StoredJob } from "../store/jobs.ts";
import type { Db, Store } from "../store/store.ts";
import { insertTasks } from "../store/tasks.ts";
import { checkAfter, settleAfter } from "./after.ts";
import type { Change } from "./change.ts";
import { IndexRanges } from "./index_ranges.ts";
import type { Ledger } from "./ledger.ts";
import type { ParameterRows, SubmitOptions } from "./queue.ts";
import { checkNameIsFree } from "./unique_name.ts";
import { UnfinishedJob } from "./unfinished_job.ts";

/** Rows that one change writes or takes out: about 2 ms, so that nobody else waits long. */
export const CHUNK = 2000;

export interface Submission {
  readonly id: string;
  readonly spec: JobSpec;
  readonly rows: ParameterRows;
  readonly createdAt: number;
  readonly createdBy: string | null;
}

/** Throws `InvalidInput` for a spec that could never run. */
export function checkSubmission(spec: JobSpec, rows: ParameterRows): void {
  compileJob(spec);
  if (!Number.isInteger(spec.total) || spec.total < 1) {
    throw new MusterError("InvalidInput", `Cannot submit job "${spec.name}": it has no tasks`);
  }
  if (rows !== null && rows.length !== spec.total) {
    const problem = `${spec.total} tasks wanted, ${rows.length} rows given`;
    throw new MusterError("InvalidInput", `Cannot submit job "${spec.name}": ${problem}`);
  }
}

/** Stores the job, in one commit or, a large one, in several. The options hold in the one that makes it exist. */
export async function submitJob(
  ledger: Ledger,
  store: Store,
  submission: Submission,
  options: SubmitOptions,
): Promise<UnfinishedJob> {
  if (submission.spec.total <= CHUNK) {
    return ledger.commit((change) => told(change, submitAtOnce(change, submission, options), options));
  }
  const seq = await writeInPieces(store, submission, options);
  try {
    return await ledger.commit((change) =>
      told(change, submitLast(change, seq, submission, options), options)
    );
  } catch (error) {
    await deleteInPieces(store, seq).catch(() => {});
    throw error;
  }
}

function told({ db }: Change, job: UnfinishedJob, { also }: SubmitOptions): UnfinishedJob {
  also?.(db, job.toJob());
  return job;
}

/** A job whose rows fit one change. */
function submitAtOnce(change: Change, submission: Submission, options: SubmitOptions): UnfinishedJob {
  checkBegin(change.db, submission, options);
  const seq = insertJob(change.db, submission, true);
  insertTasks(change.db, seq, 1, submission.spec.total, submission.rows);
  return announce(change, seq);
}

function checkBegin(db: Db, { spec }: Submission, { uniqueName }: SubmitOptions): void {
  checkAfter(db, spec);
  if (uniqueName) checkNameIsFree(db, spec.name);
}

/**
 * Writes the rows of a large job in several commits. The job does not exist until {@linkcode submitLast}; answers
 * its number.
 */
async function writeInPieces(store: Store, submission: Submission, options: SubmitOptions): Promise<number> {
  const { spec, rows } = submission;
  const seq = await store.write((db) => {
    checkBegin(db, submission, options);
    return insertJob(db, submission, false);
  });
  try {
    for (let from = 1; from <= spec.total; from += CHUNK) {
      await store.write((db) => insertTasks(db, seq, from, Math.min(from + CHUNK - 1, spec.total), rows));
    }
    return seq;
  } catch (error) {
    // What cannot be taken out now is swept at the next start.
    await deleteInPieces(store, seq).catch(() => {});
    throw error;
  }
}

/** Makes a job that was written in pieces exist. Its name may have been taken by one that did not ask. */
function submitLast(
  change: Change,
  seq: number,
  { spec }: Submission,
  { uniqueName }: SubmitOptions,
): UnfinishedJob {
  if (uniqueName) checkNameIsFree(change.db, spec.name, seq);
  setReady(change.db, seq, true);
  return announce(change, seq);
}

function announce(change: Change, seq: number): UnfinishedJob {
  const job = newJob(change.db, seq);
  settleAfter(change.db, change.memory, job);
  change.adopt(job);
  change.event("job.submitted", job, { data: { name: job.spec.name, total: job.spec.total } });
  return job;
}

function newJob(db: Db, seq: number): UnfinishedJob {
  const stored = jobBySeq(db, seq) as StoredJob;
  return new UnfinishedJob(stored, new IndexRanges([{ from: 1, to: stored.spec.total }]));
}

/** Takes out a hidden job in several commits. */
export async function deleteInPieces(store: Store, seq: number): Promise<void> {
  while (!await store.write((db) => deleteSome(db, seq, CHUNK)));
}
