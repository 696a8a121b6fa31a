import type { ConnectedHost } from "../hosts/fleet.ts";
import type { QueueMemory } from "../jobs/memory.ts";
import { type Capacity, needOf } from "./capacity.ts";
import type { PlaceableHost, WaitingJob } from "./place.ts";

/** The jobs whose tasks may be placed now, in order of submission. */
export function waitingJobs(memory: QueueMemory): WaitingJob[] {
  const waiting: WaitingJob[] = [];
  for (const job of memory.jobs.values()) {
    if (!job.isPlaceable) continue;
    const { id, spec, meanRunMs } = job;
    waiting.push({
      id,
      pending: job.pending.size,
      out: job.out.size,
      need: needOf(spec.resources),
      on: spec.on,
      meanRunMs,
    });
  }
  return waiting;
}

/** The hosts that take work now, with what is on them. */
export function placeableHosts(memory: QueueMemory, hosts: readonly ConnectedHost[]): PlaceableHost[] {
  return hosts.filter(takesWork).map((host) => ({
    id: host.id,
    name: host.name,
    capacity: capacityOf(host),
    held: [...memory.onHosts.get(host.id) ?? []].map(([job, count]) => ({
      count,
      need: needOf(job.spec.resources),
      meanRunMs: job.meanRunMs,
    })),
  }));
}

export function takesWork(host: ConnectedHost): boolean {
  return !host.draining && host.refusing === null;
}

export function capacityOf({ facts }: ConnectedHost): Capacity {
  return { cpus: facts.cpus, memoryBytes: facts.memoryBytes, gpus: facts.gpus.length };
}
