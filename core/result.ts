/** One output file of an attempt. `src` is relative to the task's directory, with `/`. */
export interface OutputFile {
  readonly src: string;
  readonly size: number;
  /** Hex SHA-256 of the content; the name of its blob. */
  readonly sha256: string;
  /** Permission bits, masked to 0o777. */
  readonly mode: number;
}

/** What an attempt used. Figures that were not measured are null; `source` names the meter (cgroup2, cgroup1, times, sampling). */
export interface Usage {
  readonly userCpuSeconds: number | null;
  readonly systemCpuSeconds: number | null;
  readonly maxMemoryBytes: number | null;
  readonly source: string | null;
}

/** What is kept of an ended attempt beside its state. */
export interface AttemptResult {
  /** Both streams, merged. */
  readonly output: { readonly size: number; readonly sha256: string };
  readonly files: readonly OutputFile[];
  readonly usage: Usage;
}
