import type { JobBody } from "../../core/api/jobs.ts";

/** Turns words into coloured words, or leaves them alone. */
export interface Style {
  readonly coloured: boolean;
  bold(text: string): string;
  dim(text: string): string;
  /** Colour of a job's, task's or host's state. */
  state(state: JobBody["state"] | string): string;
}

const COLOURS: Readonly<Record<string, number>> = {
  complete: 32,
  ready: 32,
  running: 36,
  failed: 31,
  lost: 31,
  killed: 33,
  away: 33,
  draining: 33,
};

/** Plain words if NO_COLOR is set to anything, TERM is `dumb`, or nobody looks at a terminal. */
export function styleFor(isTerminal: boolean, env: (name: string) => string | undefined): Style {
  const coloured = isTerminal && (env("NO_COLOR") ?? "") === "" && env("TERM") !== "dumb";
  const paint = (code: number, text: string) => coloured ? `\x1b[${code}m${text}\x1b[0m` : text;
  return {
    coloured,
    bold: (text) => paint(1, text),
    dim: (text) => paint(2, text),
    state: (state) => COLOURS[state] === undefined ? state : paint(COLOURS[state], state),
  };
}
