import { messageOf } from "../core/errors.ts";
import type { AttemptRef } from "../core/task.ts";
import type { Log } from "../system/log.ts";
import type { AttemptDirectories } from "./attempt_directories.ts";
import { attemptEnd } from "./attempt_end.ts";
import { attemptKey, isSafeRef } from "./attempt_ref.ts";
import type { DiskGuard } from "./disk_guard.ts";
import type { Executor, Exit, RunningAttempt } from "./executors/executor.ts";
import { Followers } from "./followers.ts";
import { HeldAttempt } from "./held_attempt.ts";
import { Holdings } from "./holdings.ts";
import type { Collected } from "./hooks/collect_outputs.ts";
import { NOTHING_COLLECTED } from "./hooks/collect_outputs.ts";
import { JobPace } from "./job_pace.ts";
import { logNotHeld, openLogStream } from "./log_stream.ts";
import { limitTime } from "./limit_time.ts";
import { NamedTimers } from "./named_timers.ts";
import { Reports } from "./reports.ts";
import { Resources } from "./resources.ts";
import type { Share } from "./resources.ts";
import { WaitingLine } from "./waiting_line.ts";
import type { Assignment, AttemptEnd, Reporter, Work } from "./work.ts";

/** SIGKILL follows SIGTERM after this where nobody wants the attempt any more. */
const DROP_GRACE_SECONDS = 5;
/** An attempt bound to a lane whose present attempt takes longer than this is started elsewhere when there is room. */
const STUCK_MS = 50;
/** While the disk is nearly full, room is looked for this often. */
const DISK_RETRY_MS = 2000;
const DISK_FULL = "the disk is full: the output or exit status may be cut off";

export interface TaskRunnerParts {
  readonly executor: Executor;
  readonly resources: Resources;
  readonly directories: AttemptDirectories;
  readonly guard: DiskGuard;
  /** Collects what an attempt in this directory left. */
  readonly collect: (assignment: Assignment, directory: string) => Promise<Collected>;
  /** Attempts of a job shorter than this on the mean are fed ahead. Default 20 ms. */
  readonly shortMs?: number;
  readonly log: Log;
}

/** The work of this host: waits for room, starts, ends, collects, reports, forgets. */
export class TaskRunner implements Work {
  readonly #parts: TaskRunnerParts;
  readonly #line = new WaitingLine();
  readonly #timers = new NamedTimers();
  readonly #reports = new Reports(this.#timers);
  readonly #held: Holdings;
  /** Those of them whose processes exist. */
  readonly #running = new Set<HeldAttempt>();
  readonly #followers = new Followers();
  readonly #pace: JobPace;
  /** Waiting attempts whose output somebody follows. */
  readonly #awaited = new Map<string, PromiseWithResolvers<HeldAttempt | null>>();
  #epoch = 0;
  #isClosed = false;

  constructor(parts: TaskRunnerParts) {
    this.#parts = parts;
    this.#pace = new JobPace(parts.shortMs);
    this.#held = new Holdings({
      directories: parts.executor.keepsFiles ? parts.directories : null,
      timers: this.#timers,
      forgotten: (jobId) => this.#pace.forget(jobId),
    });
  }

  get refusing(): string | null {
    return this.#isClosed ? "the agent is stopping" : this.#parts.guard.refusing;
  }

  /** Nothing waits, runs or is to be acknowledged. */
  get idle(): boolean {
    return this.#line.size === 0 && this.#held.size === 0;
  }

  /** Names who hears of the work, and tells what ended before. */
  attach(reporter: Reporter): void {
    this.#reports.attach(reporter);
    this.#pump();
  }

  /** Takes back what former agent processes began. Called once, before anything is assigned. */
  async recover(): Promise<void> {
    const { directories, executor, resources } = this.#parts;
    for (const { directory, header } of directories.scan()) {
      const { assignment, gpus } = header;
      const held = this.#held.add(
        new HeldAttempt(attemptKey(assignment.ref), { assignment, directory, gpus }),
      );
      const running = await executor.recover(held.launch);
      if (running === null) {
        this.#held.forget(held);
        continue;
      }
      this.#epoch = Math.max(this.#epoch, assignment.epoch);
      held.share = resources.force(assignment.job, gpus);
      this.#began(held, running);
    }
  }

  held(): { ref: AttemptRef; epoch: number; startedAtMs: number | null }[] {
    const waiting = [...this.#line.values()].map(({ ref, epoch }) => ({ ref, epoch, startedAtMs: null }));
    const begun = [...this.#held.values()].filter(({ isDropped }) => !isDropped).map((held) => ({
      ref: held.assignment.ref,
      epoch: held.assignment.epoch,
      startedAtMs: held.running?.startedAtMs ?? null,
    }));
    return [...waiting, ...begun];
  }

  assign(assignments: readonly Assignment[]): void {
    for (const assignment of assignments) {
      const { ref, epoch } = assignment;
      const key = attemptKey(ref);
      if (this.#held.get(key) !== undefined || this.#line.has(key)) continue;
      const obstacle = this.#obstacle(assignment);
      if (obstacle !== null) this.#reports.tell((to) => to.notStarted(ref, obstacle));
      else {
        this.#epoch = epoch;
        this.#line.push(assignment);
      }
    }
    this.#pump();
  }

  kill(refs: readonly AttemptRef[], graceSeconds: number): void {
    for (const ref of refs) {
      const held = this.#held.get(attemptKey(ref));
      if (held === undefined) {
        const wasWaiting = this.#leaveLine(attemptKey(ref));
        this.#reports.tell((to) =>
          to.notStarted(ref, wasWaiting ? "killed before it began" : "not held here")
        );
      } else if (this.#followers.takeBack(held)) {
        this.#held.forget(held);
        this.#reports.tell((to) => to.notStarted(ref, "killed before it began"));
      } else this.#end(held, graceSeconds);
    }
    this.#pump();
  }

  acknowledged(refs: readonly AttemptRef[]): void {
    for (const ref of refs) {
      const held = this.#held.get(attemptKey(ref));
      if (held !== undefined && held.end !== null) this.#held.forget(held);
    }
  }

  incomplete(ref: AttemptRef, _sha256: readonly string[]): void {
    const held = this.#held.get(attemptKey(ref));
    if (held !== undefined && held.end !== null) this.#collectAgain(held, held.end);
  }

  drop(refs: readonly AttemptRef[]): void {
    for (const ref of refs) {
      const held = this.#held.get(attemptKey(ref));
      if (held === undefined) this.#leaveLine(attemptKey(ref));
      else if (held.end !== null || this.#followers.takeBack(held)) this.#held.forget(held);
      else {
        held.isDropped = true;
        this.#end(held, DROP_GRACE_SECONDS);
      }
    }
    this.#pump();
  }

  openLog(
    ref: AttemptRef,
    options: { readonly offset: number; readonly follow: boolean; readonly signal: AbortSignal },
  ): Promise<ReadableStream<Uint8Array>> {
    const key = attemptKey(ref);
    const held = this.#held.get(key);
    const ended = held?.hasEnded ?? (this.#line.has(key) ? this.#endOfWaiting(key) : null);
    if (ended === null || !this.#parts.executor.keepsFiles) return Promise.reject(logNotHeld(ref));
    return Promise.resolve(openLogStream(this.#parts.directories.pathOf(ref), ended, options));
  }

  blobPath(sha256: string): string | null {
    return this.#held.blobPath(sha256);
  }

  /** Resolves when an attempt that waits has ended, or will never begin. */
  #endOfWaiting(key: string): Promise<void> {
    const waiting = this.#awaited.get(key) ?? Promise.withResolvers<HeldAttempt | null>();
    this.#awaited.set(key, waiting);
    return waiting.promise.then((held) => held?.hasEnded);
  }

  /** Begins nothing more; what runs goes on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#reports.close();
    this.#timers.close();
    for (const { timeout } of this.#held.values()) if (timeout !== null) clearTimeout(timeout);
    await this.#parts.executor.close();
    await this.#parts.directories.close();
  }

  /** Whether it waited there. */
  #leaveLine(key: string): boolean {
    this.#awaited.get(key)?.resolve(null);
    this.#awaited.delete(key);
    return this.#line.remove(key) !== null;
  }

  #obstacle({ ref, epoch, job }: Assignment): string | null {
    if (!isSafeRef(ref)) return "the attempt's name is not one";
    if (epoch < this.#epoch) return `epoch ${epoch} is over: this host has seen ${this.#epoch}`;
    return this.#parts.resources.lacks(job);
  }

  #pump(): void {
    if (this.#isClosed) return;
    if (this.#parts.guard.refusing !== null) {
      return this.#timers.later("disk", DISK_RETRY_MS, () => this.#pump());
    }
    const take = ({ job }: Assignment) => this.#parts.resources.take(job);
    for (;;) {
      const found = this.#rescue() ?? this.#line.next(take, performance.now());
      if (found === null) break;
      this.#start(...found);
    }
    if (this.#line.size === 0) return;
    for (const held of this.#running) this.#feedBehind(held);
  }

  /** An attempt that is stuck behind a long one, if there is room for it. */
  #rescue(): [Assignment, Share] | null {
    if (this.#followers.size === 0) return null;
    const nowMs = performance.now();
    for (const { next, running } of this.#running) {
      if (next === null || running === null) continue;
      const { assignment } = next.held;
      if (nowMs - running.startedAtMs < STUCK_MS) {
        this.#timers.later("stuck", STUCK_MS, () => this.#pump());
        continue;
      }
      const share = this.#parts.resources.take(assignment.job);
      if (share === null) continue;
      if (this.#followers.takeBack(next.held)) {
        this.#putBack(next.held);
        return [assignment, share];
      }
      this.#parts.resources.give(share);
    }
    return null;
  }

  #start(assignment: Assignment, share: Share): void {
    const held = this.#newHeld(assignment, share.gpus);
    held.share = share;
    this.#parts.executor.start(held.launch).then(
      (running) => this.#began(held, running),
      (error) => this.#cannotStart(held, error),
    );
  }

  /** A disk that filled up since the last look makes it wait for room again, not a loss: ten of those take no second. */
  #cannotStart(held: HeldAttempt, error: unknown): void {
    this.#parts.guard.look();
    const isWanted = !held.isDropped && held.pendingEnd === null;
    if (this.#parts.guard.refusing === null || !isWanted) {
      return this.#lose(held, `cannot be started: ${messageOf(error)}`);
    }
    if (held.share !== null) this.#parts.resources.give(held.share);
    held.share = null;
    this.#requeue(held);
  }

  /** Short attempts do not wait for a round trip: the next of the job is bound to the lane of this one. */
  #feedBehind(held: HeldAttempt): void {
    const { running, share } = held;
    const { jobId } = held.assignment.ref;
    if (running === null || share === null || held.next !== null || this.#isClosed) return;
    if (!this.#pace.isShort(jobId) || this.#parts.guard.refusing !== null) return;
    this.#line.nextOf(jobId, (assignment) => {
      if (!Resources.covers(share.need, assignment.job)) return false;
      const next = this.#newHeld(assignment, share.gpus);
      const follower = this.#parts.executor.follow(running, next.launch);
      if (follower === null) {
        this.#held.release(next);
        return false;
      }
      this.#followers.bind(held, next, follower);
      follower.began.then(
        (began) => this.#followed(next, began),
        () => this.#requeue(next),
      );
      return true;
    });
  }

  #followed(held: HeldAttempt, running: RunningAttempt): void {
    const { previous } = held;
    this.#followers.unbind(held);
    held.share = previous?.share ?? null;
    if (previous !== null) previous.share = null;
    this.#began(held, running);
  }

  #requeue(held: HeldAttempt): void {
    if (!this.#held.has(held)) return;
    this.#followers.unbind(held);
    this.#putBack(held);
    this.#line.push(held.assignment);
    this.#pump();
  }

  #began(held: HeldAttempt, running: RunningAttempt): void {
    held.running = running;
    this.#running.add(held);
    running.ended.then((exit) => this.#ended(held, exit));
    if (held.pendingEnd !== null) running.end("killed", held.pendingEnd.graceSeconds, null);
    limitTime(held, running);
    this.#feedBehind(held);
    this.#reports.started(held, this.#pace.isShort(held.assignment.ref.jobId));
  }

  async #ended(held: HeldAttempt, exit: Exit): Promise<void> {
    const { running, assignment } = held;
    this.#release(held);
    const startedAtMs = running?.startedAtMs ?? exit.endedAtMs;
    this.#pace.record(assignment.ref.jobId, exit.endedAtMs - startedAtMs);
    if (held.next === null) this.#pump();
    if (exit.isLost) {
      const isFull = exit.hasBegun && this.#parts.guard.isFull();
      return this.#lose(held, isFull ? DISK_FULL : exit.reason ?? "lost", exit.hasBegun);
    }
    try {
      const collected = this.#parts.executor.keepsFiles
        ? await this.#parts.collect(assignment, held.launch.directory)
        : NOTHING_COLLECTED;
      if (this.#parts.guard.isFull()) return this.#lose(held, DISK_FULL);
      this.#keep(held, attemptEnd(assignment, startedAtMs, exit, collected), collected.paths);
    } catch (error) {
      this.#lose(held, `its files cannot be read: ${messageOf(error)}`);
    }
  }

  /** A file of an attempt in place may have changed since: what was reported of it would never be found. */
  async #collectAgain(held: HeldAttempt, end: AttemptEnd): Promise<void> {
    try {
      const { output, files, inline, paths } = await this.#parts.collect(
        held.assignment,
        held.launch.directory,
      );
      this.#keep(held, { ...end, result: { ...end.result, output, files }, inline }, paths);
    } catch (error) {
      this.#lose(held, `its files cannot be read: ${messageOf(error)}`);
    }
  }

  #keep(held: HeldAttempt, end: AttemptEnd, paths: ReadonlyMap<string, string>): void {
    if (held.isDropped || !this.#held.has(held)) return this.#held.forget(held);
    held.end = end;
    held.paths = paths;
    this.#reports.tell((to) => to.ended(end));
  }

  #lose(held: HeldAttempt, reason: string, hasBegun = true): void {
    this.#parts.guard.look();
    this.#release(held);
    this.#held.forget(held);
    if (!held.isDropped) {
      if (hasBegun) this.#reports.tell((to) => to.lost(held.assignment.ref, reason));
      else this.#reports.tell((to) => to.notStarted(held.assignment.ref, reason));
    }
    this.#pump();
  }

  #release(held: HeldAttempt): void {
    held.markOver();
    this.#running.delete(held);
    if (held.share !== null) this.#parts.resources.give(held.share);
    held.share = null;
  }

  /** As if it had never left the line. Who follows its output waits for what becomes of it. */
  #putBack(held: HeldAttempt): void {
    this.#held.release(held);
    this.#endOfWaiting(held.key).then(() => held.markOver());
  }

  #end(held: HeldAttempt, graceSeconds: number): void {
    if (held.isOver) return;
    if (held.running === null) held.pendingEnd = { graceSeconds };
    else held.running.end("killed", graceSeconds, null);
  }

  #newHeld(assignment: Assignment, gpus: readonly number[]): HeldAttempt {
    const directory = this.#parts.directories.pathOf(assignment.ref);
    const held = this.#held.add(new HeldAttempt(attemptKey(assignment.ref), { assignment, directory, gpus }));
    this.#awaited.get(held.key)?.resolve(held);
    this.#awaited.delete(held.key);
    return held;
  }
}
