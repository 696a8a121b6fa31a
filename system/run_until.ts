/** Between SIGTERM and SIGKILL: what is killed at once may leave a lock behind that hangs the next of its kind. */
const GRACE_MS = 2000;

export interface RunUntilOptions {
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** After this its process group gets SIGTERM, two seconds later SIGKILL, and what it printed so far is the answer. */
  readonly timeoutMs: number;
  /** Whether the output so far is all that is wanted. */
  readonly isEnough: (text: string) => boolean;
}

/**
 * The standard output of a program in a session of its own, up to where it is enough. What it leaves in the background
 * may hold the pipe open: that is not waited for. Rejects if there is no such program.
 */
export async function runUntil(
  [program = "", ...args]: readonly string[],
  { cwd, env, timeoutMs, isEnough }: RunUntilOptions,
): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    cwd,
    clearEnv: true,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
    detached: true,
  }).spawn();
  const reader = child.stdout.getReader();
  const timer = setTimeout(() => {
    endGroup(child);
    reader.cancel().catch(() => {});
  }, timeoutMs);
  try {
    return await readUntil(reader, isEnough);
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

async function readUntil(
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  isEnough: (text: string) => boolean,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (value !== undefined) text += decoder.decode(value, { stream: true });
    if (done || isEnough(text)) return text;
  }
}

function endGroup({ pid, status }: Deno.ChildProcess): void {
  signalGroup(pid, "SIGTERM");
  const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), GRACE_MS);
  status.finally(() => clearTimeout(timer)).catch(() => {});
}

function signalGroup(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(-pid, signal);
  } catch {
    // Ended already.
  }
}
