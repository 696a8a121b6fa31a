import type { AttemptRef } from "../../core/task.ts";
import { setHostLost } from "../store/hosts.ts";
import type { Change } from "./change.ts";
import { observe } from "./observe.ts";
import type { HeldAttempt } from "./queue.ts";
import { currentAttempt } from "./report.ts";

/** Settles what the host holds with what it should hold; answers what it is to end and forget. */
export function settleHeld(
  change: Change,
  hostId: string,
  held: readonly HeldAttempt[],
  epoch: number,
): AttemptRef[] {
  const drop: AttemptRef[] = [];
  const kept = new Set<string>();
  for (const { jobId, index, attempt, epoch: issuedIn, startedAt } of held) {
    const ref = { jobId, index, attempt };
    const found = issuedIn === epoch ? currentAttempt(change, hostId, ref) : null;
    if (found === null) drop.push(ref);
    else if (found.task.killRequested) {
      // The message may have been lost with the session before.
      observe(change, found.job, found.task, { kind: "kill", hostSees: false });
      drop.push(ref);
    } else {
      kept.add(`${jobId}/${index}`);
      if (startedAt !== null) {
        observe(change, found.job, found.task, { kind: "started", attempt, startedAt });
      }
    }
  }
  for (const [job, task] of [...outOn(change, hostId)]) {
    if (kept.has(`${job.id}/${task.index}`) || change.out(job, task.index) === null) continue;
    const { attempt } = task;
    if (task.state === "running") {
      observe(change, job, task, { kind: "lost", attempt, reason: "its host forgot it" });
    } else observe(change, job, task, { kind: "not_started", attempt, reason: "its host did not get it" });
  }
  return drop;
}

/** Held attempts that are current no more. Changes nothing. */
export function unwantedOf(
  change: Change,
  hostId: string,
  held: readonly HeldAttempt[],
  epoch: number,
): AttemptRef[] {
  return held.filter((each) => each.epoch !== epoch || currentAttempt(change, hostId, each) === null)
    .map(({ jobId, index, attempt }) => ({ jobId, index, attempt }));
}

/** Everything that is out on the host is lost. */
export function loseHost(change: Change, hostId: string, reason: string, jobIds?: ReadonlySet<string>): void {
  for (const [job, task] of [...outOn(change, hostId)]) {
    if (jobIds !== undefined && !jobIds.has(job.id)) continue;
    observe(change, job, task, { kind: "lost", attempt: task.attempt, reason });
  }
}

/** An away host is lost from now until it registers; one that is lost already stays so without an event. */
export function giveUp(change: Change, hostId: string, reason: string): void {
  if (setHostLost(change.db, hostId)) change.event("host.lost", null, { hostId, data: { reason } });
}

function* outOn(change: Change, hostId: string) {
  for (const job of change.memory.onHosts.get(hostId)?.keys() ?? []) {
    for (const task of job.out.values()) if (task.hostId === hostId) yield [job, task] as const;
  }
}
