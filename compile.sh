#!/bin/sh
# Builds dist/muster-<os>-<arch>, and dist/muster for this machine. See docs/building.md.
set -eu
root=$(cd "$(dirname "$0")" && pwd)
. "$root/tools/deno.sh"
deno=$(find_deno)
cd "$root"
DENO_NO_UPDATE_CHECK=1 exec "$deno" run -A -q tools/build.ts "$@"
