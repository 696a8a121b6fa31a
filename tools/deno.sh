#!/bin/sh
# Finds the one Deno version that builds and tests Muster, or fetches it from npm into .deno/ of the checkout.
# Sourced by compile.sh and test.sh (with `root` set), which then use $deno. Run by itself with a platform,
# `sh tools/deno.sh linux-arm64`, it prints the path of that platform's deno.

# Where a company's own authority signs what comes from outside, the system knows it and Deno's own list does not.
export DENO_TLS_CA_STORE="${DENO_TLS_CA_STORE:-mozilla,system}"

deno_version=2.9.5

# Prints one line on stderr, and a hint line where there is a next step; ends with exit code 7.
deno_fail() {
  printf 'muster: %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf 'hint: %s\n' "$2" >&2
  exit 7
}

host_platform() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64 | Linux-amd64) echo linux-x64 ;;
    Linux-aarch64 | Linux-arm64) echo linux-arm64 ;;
    Darwin-arm64) echo macos-arm64 ;;
    *) deno_fail "Cannot build on $(uname -sm): wanted linux-x64, linux-arm64 or macos-arm64" ;;
  esac
}

# Sets `package` and `checksum` (SHA-256 of the executable in it) for a platform.
deno_package() {
  case $1 in
    linux-x64)
      package=@deno/linux-x64-glibc
      checksum=dc480c462c8c3582524f3e75c160613d0a975e1f66b5465995d58bae236da7d3
      ;;
    linux-arm64)
      package=@deno/linux-arm64-glibc
      checksum=e1a70c5eb03b0ebaf761077029ef86b9ba22d50e2b54ca45ce5437457f701b63
      ;;
    macos-arm64)
      package=@deno/darwin-arm64
      checksum=b5bd08edab254d42d7b05aa5b6cb4c9b8d4dede4975aff76951ce2cce18866fa
      ;;
    *) deno_fail "Cannot get deno for \"$1\": wanted linux-x64, linux-arm64 or macos-arm64" ;;
  esac
}

sha256_of() {
  { sha256sum "$1" 2>/dev/null || shasum -a 256 "$1"; } | cut -d ' ' -f 1
}

# Fetches a platform's deno unless it is there, and prints its path.
fetch_deno() {
  deno_package "$1"
  folder=$root/.deno/$deno_version/$1
  if [ ! -x "$folder/deno" ]; then
    command -v npm >/dev/null || deno_fail "Cannot get deno $deno_version: npm was not found in PATH" \
      "Install npm (apt-get install npm), or put deno $deno_version into PATH"
    mkdir -p "$root/.deno" && part=$(mktemp -d "$root/.deno/fetch.XXXXXX") || exit 7
    trap 'rm -rf "$part"' EXIT
    # `npm pack` takes any platform's package, which `npm install` refuses.
    (cd "$part" && npm pack --silent "$package@$deno_version" >log 2>&1 && tar -xzf ./*.tgz) ||
      deno_fail "Cannot get $package@$deno_version from npm: $(tail -n 1 "$part/log")"
    [ "$(sha256_of "$part/package/deno")" = "$checksum" ] ||
      deno_fail "Cannot use $package@$deno_version from npm: its checksum is not the one in tools/deno.sh"
    chmod 755 "$part/package/deno"
    mkdir -p "$folder" && mv "$part/package/deno" "$folder/deno"
    rm -rf "$part"
    trap - EXIT
  fi
  echo "$folder/deno"
}

# Prints the path of a deno of our version for this machine.
find_deno() {
  if found=$(command -v deno) && "$found" --version 2>/dev/null | grep -q "^deno $deno_version "; then
    echo "$found"
  else
    fetch_deno "$(host_platform)"
  fi
}

if [ "${0##*/}" = deno.sh ]; then
  root=$(cd "$(dirname "$0")/.." && pwd)
  fetch_deno "${1:?name a platform, for example linux-arm64}"
fi
