import { userInfo } from "node:os";
import type { Log } from "../system/log.ts";
import { parseLoginEnvironment } from "./parse_login_environment.ts";

/** A login shell that has not answered by then (a prompt, a hanging mount) is told to end, */
const PATIENCE_MS = 5000;
/** and ended after this. A profile that is killed at once may leave a lock behind which hangs every later login. */
const GRACE_MS = 2000;
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
  patienceMs: number,
): Promise<string> {
  try {
    const child = new Deno.Command(shell, {
      args: ["-l", "-c", ASK],
      cwd: isDirectory(home) ? home : "/",
      clearEnv: true,
      env: { ...env, TERM: "dumb" },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      detached: true,
    }).spawn();
    return await answer(child, patienceMs);
  } catch {
    return "";
  }
}

/** What the shell printed in time. What a profile left in the background may hold the pipe open: we do not wait for it. */
async function answer(child: Deno.ChildProcess, patienceMs: number): Promise<string> {
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  const timer = setTimeout(() => {
    endShell(child);
    reader.cancel().catch(() => {});
  }, patienceMs);
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (value !== undefined) text += decoder.decode(value, { stream: true });
      if (done || parseLoginEnvironment(text, MARK) !== null) break;
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
  return text;
}

function endShell(child: Deno.ChildProcess): void {
  signalGroup(child.pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), GRACE_MS);
  child.status.finally(() => clearTimeout(timer)).catch(() => {});
}

function signalGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // Ended already.
  }
}

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
