#!/bin/sh
# Muster @NAME@. This text fills @OFFSET@ bytes; a gzip-compressed tar of the program and its engine follows.
# The first start unpacks it into a directory of your own; later starts go straight to the program.

name=@NAME@
case $0 in
  /*) MUSTER_SELF=$0 ;;
  */*) MUSTER_SELF=$PWD/$0 ;;
  *) if [ -f "$0" ]; then MUSTER_SELF=$PWD/$0; else MUSTER_SELF=$(command -v -- "$0"); fi ;;
esac
home=${MUSTER_HOME:-${HOME:+$HOME/.muster}}
case $home in '' | /*) ;; *) home=$PWD/$home ;; esac

launch() {
@LAUNCH@
}

# True for a directory, not a link, that is ours and that only we can enter.
ours() {
  [ -d "$1" ] && [ ! -h "$1" ] && [ -O "$1" ] || return 1
  case $(ls -ldn "$1") in drwx--[-S]---*) ;; *) return 1 ;; esac
}

# True if $d holds the whole program. Cleaners of temporary directories take the marker first: nobody reads it.
ready() { ours "$d" && [ -f "$d/.complete" ]; }

d=$home/cache/$name
if [ -n "$home" ] && ready; then launch "$@"; fi

# ---- Not in MUSTER_HOME: the first start, or a home that cannot hold programs.

nl='
'
# Ends with exit code $1, the error $2 and the hint $3.
fail() {
  printf 'muster: %s\n' "$2" >&2
  [ -z "$3" ] || printf 'hint: %s\n' "$3" >&2
  exit "$1"
}
refuse() {
  fail 5 "Cannot use \"$1\": wanted a directory of yours with mode 0700, not a link" "Move it away and try again"
}
payload() { dd if="$MUSTER_SELF" bs=@OFFSET@ skip=1 2>/dev/null; }
checksum() { sha256sum 2>/dev/null || shasum -a 256 2>/dev/null || :; }

free_kb() { df -Pk "$1" | { read -r _; read -r _ _ _ free _; echo "$free"; }; }

# Unpacks into $1/$name. Exit code 1: this place cannot be written to or run from; others: ends with that code.
unpack() (
  umask 077
  mkdir -p "$1" 2>/dev/null && part=$(mktemp -d "$1/.unpack.XXXXXXXXXX" 2>/dev/null) || exit 1
  trap 'rm -rf "$part"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  case $(payload | checksum) in
    @SHA256@* | '') ;; # without a tool for it, gzip's own check has to do
    *) fail 7 "Cannot unpack \"$MUSTER_SELF\": the file is damaged or cut short" "Copy it here again" ;;
  esac
  if ! fault=$({ payload | gzip -dc | tar -xf - -C "$part"; } 2>&1) || [ ! -f "$part/.complete" ]; then
    [ "$(free_kb "$part")" -gt 1024 ] || fault="no space left on device" # tar's words for it differ
    fail 7 "Cannot unpack into \"$1\": ${fault%%"$nl"*}" "Free @NEED@ MB there, or set MUSTER_HOME to a larger place"
  fi
  set -f
  IFS=' '
  fault=$($MUSTER_EXEC_PREFIX "$part/muster" --version 2>&1) || case $? in
    126) exit 1 ;;
    *) fail 7 "Cannot run the program on this machine: ${fault%%"$nl"*}" "It needs a system with glibc 2.27 or newer" ;;
  esac
  find "$part" -type f -exec sync {} + 2>/dev/null || sync
  [ -e "$d" ] || mv "$part" "$d" || exit 1
  rm -rf "$d/${part##*/}" # where a start beside us came first, mv put ours inside
  find "$1" -maxdepth 1 -name '.unpack.*' -mtime +0 -exec rm -rf {} + 2>/dev/null
  exit 0
)

# Makes $d, in the place $1, ready. Exit code 1: this place cannot hold programs.
prepare() {
  if [ -e "$d" ] || [ -h "$d" ]; then
    ours "$d" || refuse "$d"
    ready || rm -rf "$d"
  fi
  unpack "$1" || { code=$?; [ "$code" = 1 ] && return 1; exit "$code"; }
  ready || refuse "$d"
}

[ -f "$MUSTER_SELF" ] || fail 7 "Cannot find the file of this program: it was started as \"$0\"" "Start it by its path"
if [ -z "$MUSTER_EXEC_PREFIX" ]; then
  case $(uname -s)-$(uname -m) in
    @UNAME@) ;;
    *) fail 2 "Cannot run on $(uname -s) $(uname -m): this file is for @PLATFORM@" "" ;;
  esac
fi

place=${TMPDIR:-/tmp}/muster-$(id -u)
case $place in /*) ;; *) place=$PWD/$place ;; esac
d=$place/$name
if ours "$place" && ready; then launch "$@"; fi

d=$home/cache/$name
if [ -n "$home" ] && prepare "$home/cache"; then launch "$@"; fi

d=$place/$name
(umask 077 && mkdir "$place") 2>/dev/null
if [ -e "$place" ] || [ -h "$place" ]; then
  ours "$place" || refuse "$place"
  if prepare "$place"; then launch "$@"; fi
fi
fail 7 "Cannot unpack into \"$home/cache\" or \"$place\": neither can be written to and run from" \
  "Set MUSTER_HOME to a directory that can"
