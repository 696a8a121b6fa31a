import type { JobBody } from "../../core/api/jobs.ts";
import { doneOf } from "../job_words.ts";
import { oneLine } from "./plain.ts";
import { barText, progressWords } from "./progress.ts";

/** Shows how far a job is, until it is ended. */
export interface ProgressView {
  show(job: JobBody, rate: number | null): void;
  /** Takes the live line away. */
  end(): void;
}

/** Plain lines come at most this often. */
const PLAIN_EVERY_MS = 10_000;
const BAR_WIDTH = 24;

/** One line on the terminal at standard error, drawn anew at most ten times a second. */
export async function createLiveLine(): Promise<ProgressView> {
  const { default: progress } = await import("cli-progress");
  let latest: { readonly job: JobBody; readonly rate: number | null } | undefined;
  const bar = new progress.SingleBar({
    format: () => latest === undefined ? "" : liveText(latest.job, latest.rate),
    clearOnComplete: true,
    hideCursor: true,
    // Ctrl-C is ours: it leaves the job running.
    gracefulExit: false,
    stopOnComplete: false,
  });
  return {
    show(job, rate) {
      const isFirst = latest === undefined;
      latest = { job, rate };
      if (isFirst) bar.start(job.total, doneOf(job.counts));
      else bar.update(doneOf(job.counts));
    },
    end: () => bar.stop(),
  };
}

/** A line when something changed and the last one is 10 s old; the first change waits as long. */
export function createPlainLines(write: (line: string) => void, monotonicMs: () => number): ProgressView {
  let lastMs = monotonicMs();
  let last = "";
  return {
    show(job, rate) {
      const words = progressWords(job, rate);
      if (words === last || monotonicMs() - lastMs < PLAIN_EVERY_MS) return;
      last = words;
      lastMs = monotonicMs();
      write(`${oneLine(job.name)}  ${oneLine(words)}\n`);
    },
    end: () => {},
  };
}

/** Shows nothing. */
export const noProgress: ProgressView = { show: () => {}, end: () => {} };

/** `words  ██████░░░░  12/17 done · 3.1/s · …`. */
export function liveText(job: JobBody, rate: number | null): string {
  const fraction = job.total === 0 ? 1 : doneOf(job.counts) / job.total;
  return `${oneLine(job.name)}  ${barText(fraction, BAR_WIDTH)}  ${oneLine(progressWords(job, rate))}`;
}
