import { readExitState } from "./attempt_files.ts";

/** Where the lane's number stands in `run`: one aligned word of the page it is read from and written to. */
const FIELD_OFFSET = 8;
const FIELD_WIDTH = 8;
/** No process has it. */
const NOBODY = 0;

/**
 * The `run` of an attempt: `script` (for a subshell in the attempt's directory) behind a guard. A lane other than
 * `lanePid` returns at the first line and has touched nothing. The right one marks `exit` first, so an unmarked one
 * tells that the attempt never began. The lane goes on at `return` and reads nothing behind it: a task may write to
 * its own `run`.
 */
export function guardedRun(script: string, lanePid: number): string {
  return [
    `[  $$ = ${field(lanePid)} ] || return 0`,
    `echo + || return 0; b=1; ( cd "$d" || exit 125`,
    `${script}) >&3 2>&3 3>&- </dev/null; c=$?; return 0`,
    "",
  ].join("\n");
}

/**
 * Takes an attempt back that waits on a lane behind the one in `before`. True: it never began and that lane will pass
 * it by, whatever is written to its `run` for another lane. False: it may have begun, or may be passed by; what the
 * lane reports of it, or the mark in its `exit`, will tell. Both files change without a lock between us and the lane:
 *
 *     lane:   complete `exit` of the one before   ->  read the guard
 *     here:   overwrite the guard                 ->  read that `exit`
 *
 * If the record is incomplete after the guard was overwritten, then the lane reads the guard later than that. If it is
 * complete, the lane may have read the guard before or after. A record that cannot be read (the task removed it) tells
 * nothing.
 */
export function withdraw(directory: string, before: string, looksUnfinished = isUnfinished): boolean {
  if (!looksUnfinished(before)) return false;
  try {
    writeGuard(directory);
  } catch {
    return false;
  }
  return looksUnfinished(before);
}

/** Whether the text of a `run` was left to no lane. */
export function isForNobody(run: string): boolean {
  return run.startsWith(guardedRun("", NOBODY).slice(0, FIELD_OFFSET + FIELD_WIDTH));
}

/** Whether the attempt in that directory has certainly recorded no end yet. */
export function isUnfinished(directory: string): boolean {
  const state = readExitState(directory);
  return state === "blank" || state === "begun";
}

/** The rest of the text stays: a lane that is reading it must not find another half. */
function writeGuard(directory: string): void {
  using file = Deno.openSync(`${directory}/run`, { write: true });
  file.seekSync(FIELD_OFFSET, Deno.SeekMode.Start);
  file.writeSync(new TextEncoder().encode(field(NOBODY)));
}

function field(pid: number): string {
  return String(pid).padEnd(FIELD_WIDTH);
}
