#!/bin/sh
# The whole test suite, on a bare machine with npm. Ends with one line, "N passed, M failed, K skipped".
# On Debian and as root it installs what a part needs; a part that cannot be had is skipped with its reason.
set -u
root=$(cd "$(dirname "$0")" && pwd)
. "$root/tools/deno.sh"
. "$root/tools/test_parts.sh"
deno=$(find_deno) || exit
cd "$root" || exit
export DENO_NO_UPDATE_CHECK=1 PATH="${deno%/*}:$PATH"
results=$root/dist/test-results
rm -rf "$results"
mkdir -p "$results" || exit

check format "$deno" fmt --check --quiet
check lint "$deno" lint --quiet
check types "$deno" check --quiet
check imports "$deno" run -A tools/check_imports.ts
check house "$deno" run -A tools/check_house.ts
# The fault tests in full: so many kills, and those that wait for real leases.
export MUSTER_TEST_KILLS="${MUSTER_TEST_KILLS:-50}"
tests unit --parallel --ignore=tests/real,tests/binary tests

if tests_in tests/real; then tests real tests/real; fi

check build ./compile.sh --target linux-x64 --target linux-arm64 --target "$(host_platform)"
if need_qemu && need_arm64_root; then export MUSTER_TEST_ARM64_ROOT="$arm64_root"; fi
tests binary tests/binary

"$deno" run -A tools/test_summary.ts "$results"
