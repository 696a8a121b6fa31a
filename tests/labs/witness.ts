import type { SubmitBody } from "../../core/api/jobs.ts";

/** One begin of a task, as the task itself wrote it down. */
export interface Begin {
  readonly index: number;
  readonly attempt: number;
  readonly pid: number;
}

/** The exit code of tasks that are meant to fail. */
export const FAILURE = 3;

/** What the tasks of a witness job do, by their index. */
export const witness = {
  /** Fails each time. */
  fails: (index: number) => index % 20 === 7,
  /** Fails the first time. */
  failsOnce: (index: number) => index % 20 === 11,
  /** Leaves a file. */
  writes: (index: number) => index % 5 === 0,
};

/**
 * A job each of whose tasks appends a line to its own file in `directory`, prints its index, and by its index sleeps,
 * fails, or writes an output file.
 */
export function witnessJob(directory: string, total: number, more: Partial<SubmitBody> = {}): SubmitBody {
  const shell = [
    `i={index} f=${directory}/{index}`,
    `echo "$i $MUSTER_ATTEMPT $$" >>"$f"`,
    `echo $i`,
    `ms=$((1000 + i * 37 % 200)); case $((i % 10)) in 1|4|8) sleep 0.\${{ms#1}};; esac`,
    `case $((i % 20)) in 7) exit ${FAILURE};; 11) read -r a <"$f"; set -- $a; [ $2 != $MUSTER_ATTEMPT ] || exit ${FAILURE};; esac`,
    `case $((i % 5)) in 0) echo "file of $i" >made.txt;; esac`,
  ].join("\n");
  return { name: "witness", command: { shell }, seq: total, retries: 1, cpus: 0.5, ...more };
}

/** How many tasks have begun. */
export function begunCount(directory: string): number {
  return [...Deno.readDirSync(directory)].length;
}

/** All begins, by index; in the order in which they happened. */
export function readBegins(directory: string): Map<number, Begin[]> {
  const begins = new Map<number, Begin[]>();
  for (const { name } of Deno.readDirSync(directory)) {
    const lines = Deno.readTextFileSync(`${directory}/${name}`).split("\n").slice(0, -1);
    begins.set(Number(name), lines.map(parseBegin));
  }
  return begins;
}

function parseBegin(line: string): Begin {
  const [index, attempt, pid] = line.split(" ").map(Number);
  return { index: index!, attempt: attempt!, pid: pid! };
}
