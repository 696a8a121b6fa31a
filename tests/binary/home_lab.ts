import { type Built, commandOf, hostFile, type Run } from "./built.ts";

/** What a call of {@linkcode HomeLab.muster} may say besides its words. */
export interface CallOptions {
  /** Variables beside the lab's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Text for standard input; nothing otherwise. */
  readonly input?: string;
  /** Milliseconds after which the call counts as hung and is killed. Default 60000. */
  readonly timeoutMs?: number;
}

const decoder = new TextDecoder();

/**
 * A home of its own for the built file: nothing of this machine's real home is read or written. Disposing stops the
 * controller and ends what still runs below the directory.
 */
export class HomeLab implements AsyncDisposable {
  /** The lab's directory; calls run in it. */
  readonly path: string;
  /** `MUSTER_HOME`; made by the first call. */
  readonly home: string;
  readonly #built: Built;

  constructor(path: string, built: Built) {
    this.path = path;
    this.home = `${path}/muster home`;
    this.#built = built;
  }

  /** The whole environment of a call. */
  env(): Record<string, string> {
    return {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      HOME: `${this.path}/home`,
      MUSTER_HOME: this.home,
      TMPDIR: this.path,
      ...commandOf(this.#built).env,
    };
  }

  /** Starts `muster …words`. */
  spawn(words: readonly string[], options: CallOptions = {}): Deno.ChildProcess {
    const [program, ...args] = commandOf(this.#built).argv;
    return new Deno.Command(program, {
      args: [...args, ...words],
      clearEnv: true,
      env: { ...this.env(), ...options.env },
      cwd: options.cwd ?? this.path,
      stdin: options.input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Runs `muster …words` to its end. */
  async muster(words: readonly string[], options: CallOptions = {}): Promise<Run> {
    const child = this.spawn(words, options);
    const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000);
    try {
      if (options.input !== undefined) await write(child.stdin, options.input);
      return await ended(child);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs `muster …words` and throws unless it exits 0. Answers standard output. */
  async ok(...words: readonly string[]): Promise<string> {
    const run = await this.muster(words);
    if (run.code === 0) return run.stdout;
    throw new Error(`muster ${words.join(" ")}: exit code ${run.code}\n${run.stdout}${run.stderr}`);
  }

  /** The same with `--output json`, parsed. */
  // deno-lint-ignore no-explicit-any -- a test reads the fields that it asserts
  async json(...words: readonly string[]): Promise<any> {
    const end = words.indexOf("--");
    const at = end === -1 ? words.length : end;
    return JSON.parse(await this.ok(...words.slice(0, at), "--output", "json", ...words.slice(at)));
  }

  /** URL and token of client.json, for programs that speak TCP. */
  async access(): Promise<{ readonly url: string; readonly token: string }> {
    return JSON.parse(await Deno.readTextFile(`${this.home}/client.json`)).contexts.local;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.muster(["controller", "stop"]);
    await endAllBelow(this.path);
    await Deno.remove(this.path, { recursive: true });
  }
}

/** A lab in a directory of its own; no test shares it with another file. */
export async function homeLab(built: Built = hostFile()): Promise<HomeLab> {
  const path = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "muster lab " });
  await Deno.mkdir(`${path}/home`);
  return new HomeLab(path, built);
}

/** A lab that all tests of a file share; it goes after the last of them. */
export function sharedLab(built: Built = hostFile()): HomeLab {
  const path = Deno.makeTempDirSync({ dir: "/var/tmp", prefix: "muster lab " });
  Deno.mkdirSync(`${path}/home`);
  const lab = new HomeLab(path, built);
  Deno.test.afterAll(() => lab[Symbol.asyncDispose]());
  return lab;
}

/** What a child left when it ended. */
export async function ended(child: Deno.ChildProcess): Promise<Run> {
  const { code, signal, stdout, stderr } = await child.output();
  return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function write(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  // A program that refuses early may have closed its end.
  await writer.write(new TextEncoder().encode(text)).catch(() => {});
  await writer.close().catch(() => {});
}

/** Processes of this machine, each with its words and its directory where they may be read. */
export async function processes(): Promise<readonly { pid: number; words: string; cwd: string }[]> {
  const pids = (await Array.fromAsync(Deno.readDir("/proc"), ({ name }) => Number(name))).filter(
    Number.isInteger,
  );
  return pids.flatMap((pid) => {
    try {
      const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
      return [{ pid, words, cwd: Deno.readLinkSync(`/proc/${pid}/cwd`) }];
    } catch {
      return []; // It ended in between, or is another user's.
    }
  });
}

async function endAllBelow(path: string): Promise<void> {
  for (const { pid, words, cwd } of await processes()) {
    if (pid === Deno.pid || !(words.includes(path) || cwd.startsWith(path))) continue;
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It ended in between.
    }
  }
}
