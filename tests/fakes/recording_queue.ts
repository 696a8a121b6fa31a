import type { HeldAttempt, HostReport, Queue, ReportOutcome } from "../../controller/jobs/queue.ts";
import type { AttemptRef } from "../../core/task.ts";

function notHere(): never {
  throw new TypeError("This fake has no jobs");
}

/** A queue that records what hosts say and answers what the test tells it to; by default it takes everything. */
export class RecordingQueue implements Queue {
  epoch = 1;
  readonly registered: { readonly hostId: string; readonly held: readonly HeldAttempt[] }[] = [];
  readonly reports: { readonly hostId: string; readonly report: HostReport }[] = [];
  readonly lost: string[] = [];
  drop: readonly AttemptRef[] = [];
  outcome: (report: HostReport) => ReportOutcome | Promise<ReportOutcome> = (report) => ({
    ack: report.ended.map(({ ref }) => ref),
    missing: [],
  });

  countOn = () => 0;
  unwanted = () => Promise.resolve([]);
  hostsOf = () => [];

  hostRegistered(hostId: string, held: readonly HeldAttempt[]) {
    this.registered.push({ hostId, held });
    return Promise.resolve({ drop: this.drop });
  }

  async observe(hostId: string, report: HostReport): Promise<ReportOutcome> {
    this.reports.push({ hostId, report });
    return await this.outcome(report);
  }

  hostLost(hostId: string): Promise<void> {
    this.lost.push(hostId);
    return Promise.resolve();
  }

  submit = notHere;
  kill = notHere;
  reset = notHere;
  remove = notHere;
  job = notHere;
  task = notHere;
  onJobChange = notHere;
  waitingFor = notHere;
  tally = notHere;
}
