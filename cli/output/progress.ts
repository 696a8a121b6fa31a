import type { JobBody } from "../../core/api/jobs.ts";
import { doneOf } from "../job_words.ts";
import { formatDuration } from "../../core/quantity.ts";

/** How many tasks were done at a moment of a monotonic clock, in milliseconds. */
export interface Sample {
  readonly atMs: number;
  readonly done: number;
}

/** The rate is that of the last 10 seconds: it follows a change, and does not jump with each task. */
const WINDOW_MS = 10_000;

/** The samples with `sample`, without those too old to matter. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const recent = samples.filter((each) => each.atMs >= sample.atMs - WINDOW_MS);
  return [...recent, sample];
}

/** Tasks done a second over the samples; null until time has passed or while nothing was done. */
export function rateOf(samples: readonly Sample[]): number | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return null;
  const rate = (last.done - first.done) / ((last.atMs - first.atMs) / 1000);
  return rate > 0 ? rate : null;
}

/** `12/17 done · 3.1/s · 2s left · 4 running · 1 failed`, or what the job waits for. */
export function progressWords(job: JobBody, rate: number | null): string {
  const { counts, total } = job;
  const done = doneOf(counts);
  const parts = [`${figure(done)}/${figure(total)} done`];
  if (rate !== null) parts.push(`${rateWords(rate)}/s`);
  if (rate !== null && done < total) parts.push(`${formatDuration(Math.ceil((total - done) / rate))} left`);
  if (counts.running > 0) parts.push(`${figure(counts.running)} running`);
  if (counts.failed > 0) parts.push(`${figure(counts.failed)} failed`);
  if (counts.killed > 0) parts.push(`${figure(counts.killed)} killed`);
  if (job.waiting_for !== null) parts.push(job.waiting_for);
  return parts.join(" · ");
}

/** A bar of `width` cells of which `fraction` is full. */
export function barText(fraction: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

function rateWords(rate: number): string {
  return rate < 10 ? String(Math.round(rate * 10) / 10) : figure(Math.round(rate));
}

function figure(count: number): string {
  return count.toLocaleString("en-US");
}
