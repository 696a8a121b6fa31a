import { MusterError } from "../../core/errors.ts";
import type { EventFeed } from "../jobs/event_feed.ts";
import { attemptsBetween, listAttempts } from "../store/attempts.ts";
import { listEvents, newestEvent, oldestEvent } from "../store/events.ts";
import { findJob } from "../store/find_job.ts";
import { listJobs, requireJob } from "../store/jobs.ts";
import { findTask, listTasks, type StoredTask } from "../store/tasks.ts";
import type { Store } from "../store/store.ts";
import type { EventRecords, JobRecords, TaskRecord } from "./parts.ts";

/** The API's reads of jobs, from the store. */
export function createJobRecords(store: Store): JobRecords {
  return {
    find: (word) => store.read((db) => findJob(db, word)),
    list: ({ limit, cursor, name, state }) =>
      store.read((db) => {
        const rows = listJobs(db, {
          limit: limit + 1,
          ...(cursor === undefined ? {} : { before: numberOf(cursor) }),
          ...(name === undefined ? {} : { name }),
          ...(state === undefined ? {} : { state }),
        });
        const items = rows.slice(0, limit);
        return { items, next: rows.length > limit ? String(items.at(-1)!.seq) : null };
      }),
    tasks: (jobId, { limit, cursor, state }) =>
      store.read((db) => {
        const rows = listTasks(db, requireJob(db, jobId), {
          limit: limit + 1,
          ...(cursor === undefined ? {} : { after: numberOf(cursor) }),
          ...(state === undefined ? {} : { state }),
        });
        const items = rows.slice(0, limit).map(recordOf);
        return { items, next: rows.length > limit ? String(items.at(-1)!.task.index) : null };
      }),
    task: (jobId, index) =>
      store.read((db) => {
        const found = findTask(db, requireJob(db, jobId), index);
        return found === null ? null : recordOf(found);
      }),
    attempts: (jobId, index) => store.read((db) => listAttempts(db, requireJob(db, jobId).seq, index)),
    attemptsBetween: (jobId, from, to) =>
      store.read((db) => attemptsBetween(db, requireJob(db, jobId).seq, from, to)),
  };
}

/** The API's reads of events: from the store, told by `feed` that there are new ones. */
export function createEventRecords(store: Store, feed: Pick<EventFeed, "subscribe">): EventRecords {
  return {
    after: (since, { limit, jobId }) =>
      store.read((db) => listEvents(db, { since, limit, ...(jobId === null ? {} : { jobId }) })),
    newest: () => store.read(newestEvent),
    oldest: () => store.read((db) => oldestEvent(db) ?? newestEvent(db) + 1),
    onEvents: (listener) => feed.subscribe(() => listener()),
  };
}

function recordOf({ task, parameters }: StoredTask): TaskRecord {
  return { task, parameters: parameters ?? [] };
}

function numberOf(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw new MusterError("InvalidInput", `Cannot list: cursor "${cursor.slice(0, 40)}" is none of ours`);
}
