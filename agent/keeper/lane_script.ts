/**
 * What a lane runs: `/bin/sh -c LANE_SCRIPT muster-lane`. It reads one attempt directory a line and answers one line
 * for each: `1` for an attempt that ran, nothing for one it may not begin.
 *
 * - Creating `out` is how an attempt begins. `set -C` makes that `O_EXCL`, so the lane and an agent that wants the
 *   attempt back cannot both have it ({@linkcode claim} in lane.ts). A leading `+` says that `out` is there already.
 * - The record in `exit` is complete once its third line is ({@linkcode parseExitRecord}). It is written over blanks where
 *   the directory is used again: ext4 writes a file that was cut to nothing to the disk at once, and makes the next to
 *   change it wait.
 * - The lane catches the signals meant for its process group; the subshell and what it becomes get the defaults back.
 *   PIPE is among them: a lane whose agent died still finishes and records its attempt.
 */
export const LANE_SCRIPT = `
set -C
trap : HUP INT QUIT PIPE ALRM TERM USR1 USR2
while IFS= read -r d; do
  b=
  case $d in
  +*) d=\${d#+}; { b=1; ( cd "$d" && . ./run ); c=$?; } >>"$d/out" 2>&1 </dev/null ;;
  *) { b=1; ( cd "$d" && . ./run ); c=$?; } >"$d/out" 2>&1 </dev/null ;;
  esac
  [ "$b" ] && { echo $c; times; } 1<>"$d/exit"
  echo "$b"
done
`;
