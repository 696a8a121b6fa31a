import { userInfo } from "node:os";
import type { Log } from "../system/log.ts";
import { runUntil } from "../system/run_until.ts";
import { parseLoginEnvironment } from "./parse_login_environment.ts";

/** A login shell that has not answered by then (a prompt, a hanging mount) is told to end. */
const PATIENCE_MS = 5000;
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const DEFAULT_LANG = "C.UTF-8";

/** Who tasks run as. */
export interface LoginUser {
  readonly name: string;
  readonly home: string;
  /** Null: the account has none. */
  readonly shell: string | null;
}

/** This process's user as the password database has it. */
export function currentUser(): LoginUser {
  const { username, homedir, shell } = userInfo();
  return { name: username, home: homedir, shell };
}

/**
 * The environment that the user's login shell gives, which tasks inherit. Read once an agent; takes at most five
 * seconds. Shells that print, hang, fail or do not exist leave the defaults. Nothing of our own environment is in it.
 */
export async function loginEnvironment(
  user: LoginUser,
  log: Log,
  patienceMs = PATIENCE_MS,
): Promise<Record<string, string>> {
  const basis: Record<string, string> = {
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: user.shell ?? "/bin/sh",
    PATH: DEFAULT_PATH,
    LANG: DEFAULT_LANG,
  };
  const text = user.shell === null ? "" : await askShell(user.shell, user.home, basis, patienceMs);
  const found = parseLoginEnvironment(text, MARK);
  if (found === null) log.warn("login shell gives no environment; tasks get defaults", { shell: user.shell });
  return { ...basis, ...found };
}

/** Around the variables, so that what profiles print is not taken for them. */
const MARK = "muster-environment-begins-or-ends-here";
/** `sh` inside, so that the login shell may be one of another syntax; busybox and old systems have no `env -0`. */
const ASK = `exec /bin/sh -c 'echo ${MARK}; env -0 2>/dev/null || env; echo; echo ${MARK}'`;

async function askShell(
  shell: string,
  home: string,
  env: Record<string, string>,
  timeoutMs: number,
): Promise<string> {
  try {
    return await runUntil([shell, "-l", "-c", ASK], {
      cwd: isDirectory(home) ? home : "/",
      env: { ...env, TERM: "dumb" },
      timeoutMs,
      isEnough: (text) => parseLoginEnvironment(text, MARK) !== null,
    });
  } catch {
    return "";
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
