/** Facts beside a message; written as JSON. Names and ids, never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** One line, one fact. Info tells an operator what changed, debug tells a developer why. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with `scope` in front of each line's message. */
  scope(scope: string): Log;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;
type Level = (typeof LEVELS)[number];

/**
 * Writes lines to stderr: time, level, scope, message, fields. `MUSTER_LOG=debug|info|warn|error`, default info.
 */
export function createLog(scope: string, level: Level = levelFromEnvironment()): Log {
  const least = LEVELS.indexOf(level);
  const write = (at: Level, message: string, fields?: LogFields) => {
    if (LEVELS.indexOf(at) < least) return;
    const rest = fields === undefined ? "" : ` ${JSON.stringify(fields)}`;
    writeAll(`${new Date().toISOString()} ${at} ${scope}: ${message}${rest}\n`);
  };
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    scope: (inner) => createLog(`${scope}/${inner}`, level),
  };
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  scope: () => silentLog,
};

function levelFromEnvironment(): Level {
  const word = Deno.env.get("MUSTER_LOG");
  return LEVELS.find((level) => level === word) ?? "info";
}

const encoder = new TextEncoder();

/** A log that cannot be written (full disk, closed terminal) must not end the program. */
function writeAll(line: string): void {
  try {
    let bytes = encoder.encode(line);
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
  } catch {
    // Nowhere to say it.
  }
}
