/** Flags under which the unpacked program runs: all it needs is in its own directory, and nothing is looked up. */
const RUN_FLAGS = [
  "-A",
  // Short-lived garbage stays small: an agent that ran 15,000 tasks keeps 80 MB instead of 125.
  "--v8-flags=--max-semi-space-size=2",
  "--no-config",
  "--no-lock",
  "--no-npm",
  "--no-remote",
  "--no-prompt",
  "--node-modules-dir=none",
  // A request's signal then speaks of a client that left, not of an answer that was given.
  "--unstable-no-legacy-abort",
];

/** Set for the engine: it asks nobody for updates and reads no package.json of the current directory. */
const RUN_ENVIRONMENT = "DENO_NO_UPDATE_CHECK=1 DENO_NO_PACKAGE_JSON=1";

/**
 * Variables of a person's own use of Deno or Node that would change what the program does, for example move
 * its listener to another address. Certificates and proxies (DENO_CERT, HTTPS_PROXY) stay.
 */
const FOREIGN_VARIABLES = [
  "DENO_SERVE_ADDRESS",
  "DENO_AUTO_SERVE",
  "DENO_SERVE_AUTOMATIC_COMPRESSION",
  "DENO_TRUST_PROXY_HEADERS",
  "DENO_V8_FLAGS",
  "DENO_COMPAT",
  "DENO_CONDITIONS",
  "DENO_COVERAGE_DIR",
  "DENO_TRACE_PERMISSIONS",
  "DENO_AUDIT_PERMISSIONS",
  "DENO_EMIT_CACHE_MODE",
  "DENO_CACHE_DB_MODE",
  "OTEL_DENO",
  "NODE_OPTIONS",
  "NODE_V8_COVERAGE",
];

/**
 * POSIX shell text that becomes the unpacked program, with the shell's own arguments as the program's.
 * It expects `d` (the directory unpacked to), MUSTER_SELF and MUSTER_EXEC_PREFIX to be set, and forks nothing.
 *
 * The engine's code cache is kept per machine, because a home directory may be shared between machines and
 * the cache is a SQLite file that only processes of one machine may share.
 */
export function launchScript(): string {
  return [
    `m=; [ ! -r /etc/machine-id ] || read -r m </etc/machine-id || :`,
    `unset ${FOREIGN_VARIABLES.join(" ")}`,
    `export MUSTER_SELF MUSTER_EXEC_PREFIX DENO_DIR="$d/engine-$m" ${RUN_ENVIRONMENT}`,
    `set -f; IFS=' '`,
    `exec $MUSTER_EXEC_PREFIX "$d/muster" run ${RUN_FLAGS.join(" ")} "$d/main.js" "$@"`,
  ].join("\n");
}
