/**
 * What a lane runs: `/bin/sh -c LANE_SCRIPT muster-lane`. It reads one attempt directory a line and answers one line
 * for each: `1` for an attempt that ran, nothing for one that it may not begin. Each `run` is a text of
 * {@linkcode guardedRun} and is sourced by the lane itself: it decides, sets `b` and runs the attempt in a subshell.
 *
 * - `out` is appended to and `exit` written from its start, so that the files of a directory that is used again need
 *   not be made anew. ext4 writes a file that was cut to nothing to the disk at once, and makes the next to change it
 *   wait.
 * - The record in `exit` is complete once its last line is ({@linkcode parseExitRecord}). The next attempt is looked at
 *   only after that: {@linkcode withdraw} relies on it, so a lane that cannot write a record ends.
 * - The lane catches the signals meant for its process group; the subshell and what it becomes get the defaults back.
 *   PIPE is among them: a lane whose agent died still finishes and records its attempt.
 * - A lane ends where `run` is not there. `command .` would not, but under busybox an error in the subshell then goes on as
 *   a second lane; so we look first.
 * - What the agent was started with beyond the standard descriptors is closed. dash can name only those up to 9.
 */
export const LANE_SCRIPT = `
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
trap : HUP INT QUIT PIPE ALRM TERM USR1 USR2
while IFS= read -r d; do
  b=
  { [ ! -e "$d/run" ] || . "$d/run"; [ -z "$b" ] || { echo $c; times; } || exit; } 3>>"$d/out" 1<>"$d/exit"
  echo "$b"
done
`;
