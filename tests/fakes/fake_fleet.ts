import type { ConnectedHost, Fleet } from "../../controller/hosts/fleet.ts";
import type { AssignedTask } from "../../controller/jobs/queue.ts";
import type { JobSpec } from "../../core/job.ts";
import type { AttemptRef } from "../../core/task.ts";

export interface Assigned {
  readonly hostId: string;
  readonly epoch: number;
  readonly jobs: ReadonlyMap<string, JobSpec>;
  readonly tasks: readonly AssignedTask[];
}

/** Hosts that come and go as told, and remember what they were sent. */
export class FakeFleet implements Fleet {
  readonly assigned: Assigned[] = [];
  readonly killed: { readonly hostId: string; readonly refs: readonly AttemptRef[] }[] = [];
  /** Told of each assignment. */
  onAssign: (assigned: Assigned) => void = () => {};
  readonly #listeners = new Set<() => void>();
  #hosts: readonly ConnectedHost[];

  constructor(hosts: readonly ConnectedHost[] = []) {
    this.#hosts = hosts;
  }

  /** These hosts have a session now. */
  set(...hosts: ConnectedHost[]): void {
    this.#hosts = hosts;
    for (const listener of [...this.#listeners]) listener();
  }

  /** What `hostId` was sent, in order. */
  tasksOf(hostId: string): AssignedTask[] {
    return this.assigned.filter((each) => each.hostId === hostId).flatMap(({ tasks }) => tasks);
  }

  connected(): readonly ConnectedHost[] {
    return this.#hosts;
  }

  assign(
    hostId: string,
    epoch: number,
    jobs: ReadonlyMap<string, JobSpec>,
    tasks: readonly AssignedTask[],
  ): void {
    const assigned = { hostId, epoch, jobs, tasks };
    this.assigned.push(assigned);
    this.onAssign(assigned);
  }

  kill(hostId: string, refs: readonly AttemptRef[], _graceSeconds: number): boolean {
    this.killed.push({ hostId, refs });
    return this.#hosts.some(({ id }) => id === hostId);
  }

  openLog(): Promise<ReadableStream<Uint8Array>> {
    return Promise.reject(new Error("A fake host has no logs"));
  }

  sessionsBegun(): number {
    return 0;
  }

  sample(): null {
    return null;
  }

  watchSamples(): () => void {
    return () => {};
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
