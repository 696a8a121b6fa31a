# shellcheck shell=sh disable=SC2154
# What test.sh is made of. Sourced, with `root`, `deno` and `results` set. Each part leaves in $results its exit
# code (NAME.code), its JUnit report (NAME.xml) or why it was skipped (NAME.skipped); tools/test_summary.ts adds up.

# check NAME COMMAND...: runs a command that passes or fails as a whole.
check() {
  name=$1
  shift
  printf '\n== %s\n' "$name"
  "$@"
  echo $? >"$results/$name.code"
}

# tests NAME ARGUMENT...: runs tests. Types are checked once, by the check of that name.
tests() {
  name=$1
  shift
  printf '\n== tests: %s\n' "$name"
  "$deno" test -A --no-check --junit-path="$results/$name.xml" "$@"
  echo $? >"$results/$name.code"
}

# tests_in DIRECTORY: whether it holds tests.
tests_in() {
  [ -d "$1" ] && [ -n "$(find "$1" -name '*_test.ts' | head -n 1)" ]
}

# skip NAME REASON: a part that cannot be had here.
skip() {
  printf '\n== skipped: %s: %s\n' "$1" "$2"
  echo "$2" >"$results/$1.skipped"
}

# need COMMAND PACKAGE: makes a command available; installs its Debian package where we may.
need() {
  command -v "$1" >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  { [ -n "${apt_updated:-}" ] || apt-get update -qq; } >"$results/apt.log" 2>&1
  apt_updated=1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >>"$results/apt.log" 2>&1
  command -v "$1" >/dev/null
}

need_qemu() {
  need qemu-aarch64-static qemu-user-static ||
    { skip arm64 "qemu-aarch64-static is missing (Debian package qemu-user-static)"; return 1; }
}

# Unpacks arm64's C libraries aside. apt gets folders of its own, so that this machine's stay as they are.
need_arm64_root() {
  arm64_root=$root/.deno/arm64-root
  [ -d "$arm64_root" ] && return
  command -v apt-get >/dev/null && command -v dpkg >/dev/null ||
    { skip arm64 "apt-get and dpkg are missing, which bring arm64's C libraries"; return 1; }
  part=$(mktemp -d "$root/.deno/arm64.XXXXXX") || return 1
  mkdir -p "$part/root" "$part/state/lists/partial" "$part/cache/archives/partial"
  if (
    cd "$part" && set -- -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= \
      -o Dir::State="$part/state" -o Dir::State::status=/dev/null -o Dir::Cache="$part/cache"
    apt-get "$@" update && apt-get "$@" download libc6 libgcc-s1 &&
      for package in ./*.deb; do dpkg -x "$package" root || exit; done
  ) >"$results/arm64.log" 2>&1; then
    mv "$part/root" "$arm64_root"
  else
    skip arm64 "arm64's C libraries cannot be fetched: $(tail -n 1 "$results/arm64.log")"
  fi
  rm -rf "$part"
  [ -d "$arm64_root" ]
}
