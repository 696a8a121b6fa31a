import type { Command } from "../../core/job.ts";
import type { HostFacts } from "../../core/host.ts";
import { shellWords } from "../../core/shell.ts";
import { formatInstant } from "../../core/time.ts";
import type { OutputFile, Usage } from "../../core/result.ts";
import type { StoredAttempt } from "../store/attempts.ts";

/** What `result.json` tells of one attempt. */
export interface ResultInput {
  /** Filled in. */
  readonly command: Command;
  readonly parameters: Readonly<Record<string, string>>;
  readonly attempt: StoredAttempt;
  /** Name of the host. */
  readonly host: string | null;
  readonly facts: HostFacts | null;
}

/**
 * `result.json` of a task: the keys that users of sparklespray know, then ours. `max_memory_size` is in KiB, the
 * other memory figures in bytes; what was not measured is null. `return_code` is decimal, `signaled(killed)`, or
 * null if the command never ended by itself.
 */
export function resultJson({ command, parameters, attempt, host, facts }: ResultInput) {
  const { signal } = attempt;
  return {
    command: "shell" in command ? command.shell : shellWords(command.argv),
    parameters,
    return_code: returnCode(attempt.exitCode, signal),
    files: attempt.files.map(({ src, size, sha256, mode }: OutputFile) => ({ src, size, sha256, mode })),
    resource_usage: resourceUsage(attempt.usage),
    machine_stats: machineStats(facts, attempt.usage),
    state: attempt.state,
    exit_code: attempt.exitCode,
    signal,
    reason: attempt.reason,
    attempt: attempt.attempt,
    host,
    started_at: formatInstant(attempt.startedAt),
    ended_at: formatInstant(attempt.endedAt),
    usage_source: attempt.usage?.source ?? null,
  };
}

/** Signals by the words that sparklespray's worker printed (Go's `syscall.Signal` names). */
const SIGNAL_WORDS: Readonly<Record<number, string>> = {
  1: "hangup",
  2: "interrupt",
  3: "quit",
  4: "illegal instruction",
  5: "trace/breakpoint trap",
  6: "aborted",
  7: "bus error",
  8: "floating point exception",
  9: "killed",
  10: "user defined signal 1",
  11: "segmentation fault",
  12: "user defined signal 2",
  13: "broken pipe",
  14: "alarm clock",
  15: "terminated",
};

function returnCode(exitCode: number | null, signal: number | null): string | null {
  if (signal !== null) return `signaled(${SIGNAL_WORDS[signal] ?? `signal ${signal}`})`;
  return exitCode === null ? null : String(exitCode);
}

function resourceUsage(usage: Usage | null) {
  return {
    user_cpu_time: secondsAndMicros(usage?.userCpuSeconds ?? null),
    system_cpu_time: secondsAndMicros(usage?.systemCpuSeconds ?? null),
    max_memory_size: usage?.maxMemoryBytes == null ? null : Math.round(usage.maxMemoryBytes / 1024),
    shared_memory_size: null,
    unshared_memory_size: null,
    block_input_ops: null,
    block_output_ops: null,
  };
}

function secondsAndMicros(seconds: number | null) {
  if (seconds === null) return { Sec: null, Usec: null };
  const micros = Math.round(seconds * 1e6);
  return { Sec: Math.floor(micros / 1e6), Usec: micros % 1e6 };
}

function machineStats(facts: HostFacts | null, usage: Usage | null) {
  return {
    machine_type: null,
    memory_total: facts?.memoryBytes ?? null,
    number_of_cpus: facts?.cpus ?? null,
    max_memory_in_use: usage?.maxMemoryBytes ?? null,
    p95_memory_in_use: null,
    median_memory_in_use: null,
    max_user_cpu_percent_usage: null,
    p95_user_cpu_percent_usage: null,
    median_user_cpu_percent_usage: null,
  };
}
