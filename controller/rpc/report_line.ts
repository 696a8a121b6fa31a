import type { ReportMessage } from "../../proto/messages.ts";
import type { HostReport, ReportOutcome } from "../jobs/queue.ts";
import type { Instant } from "../../core/time.ts";
import { addReport, emptyReport, type GrowingReport } from "./convert.ts";

/** Ends that may wait behind an observe under way before the host is held back, and bytes of blobs. */
const ENOUGH_ENDS = 10_000;
const ENOUGH_BYTES = 16 * 1024 * 1024;

export interface ReportLineParts {
  observe(report: HostReport): Promise<ReportOutcome>;
  acknowledge(outcome: ReportOutcome): void;
  failed(error: unknown): void;
  /** Hold the host back, or let it go on. */
  hold(isHeld: boolean): void;
}

/**
 * One host's reports on their way to the queue, one observe at a time: what arrives meanwhile is one report, so
 * that a fast host costs few commits.
 */
export class ReportLine {
  readonly #parts: ReportLineParts;
  #waiting: GrowingReport = emptyReport();
  #waitingBytes = 0;
  #isEmpty = true;
  #isHeld = false;
  #running: Promise<void> | null = null;

  constructor(parts: ReportLineParts) {
    this.#parts = parts;
  }

  add(message: ReportMessage, now: Instant): void {
    addReport(this.#waiting, message, now);
    for (const blob of message.blobs) this.#waitingBytes += blob.data.length;
    this.#isEmpty = false;
    if (this.#waiting.ended.length > ENOUGH_ENDS || this.#waitingBytes > ENOUGH_BYTES) this.#hold(true);
    this.#running ??= this.#run();
  }

  /** Resolves when everything that was added has been observed. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#isEmpty) this.#parts.acknowledge(await this.#parts.observe(this.#take()));
    } catch (error) {
      this.#take();
      this.#parts.failed(error);
    } finally {
      this.#running = null;
    }
  }

  #take(): GrowingReport {
    const report = this.#waiting;
    this.#waiting = emptyReport();
    this.#waitingBytes = 0;
    this.#isEmpty = true;
    this.#hold(false);
    return report;
  }

  #hold(isHeld: boolean): void {
    if (this.#isHeld === isHeld) return;
    this.#isHeld = isHeld;
    this.#parts.hold(isHeld);
  }
}
