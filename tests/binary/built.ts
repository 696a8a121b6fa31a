/** One file that compile.sh made. */
export interface Built {
  readonly file: string;
  readonly isSelfExtracting: boolean;
  /** Words that run a program of its platform here: an emulator, or none. */
  readonly emulator: readonly string[];
}

/** What a finished run left. */
export interface Run {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname).replace(/\/$/, "");

/** This machine's file in dist/. Where there is none the tests fail, because compile.sh comes first. */
export function hostFile(): Built {
  const os = Deno.build.os === "darwin" ? "macos" : Deno.build.os;
  return built(`${os}-${Deno.build.arch === "x86_64" ? "x64" : "arm64"}`, []);
}

/**
 * The linux-arm64 file, to be run under the emulator; or the reason why it cannot be run here.
 * `MUSTER_TEST_ARM64_ROOT` names a directory with arm64's C libraries (test.sh sets it).
 */
export function arm64File(): Built | string {
  const root = Deno.env.get("MUSTER_TEST_ARM64_ROOT");
  if (!root) return "no arm64 libraries here: MUSTER_TEST_ARM64_ROOT is not set";
  return built("linux-arm64", ["qemu-aarch64-static", "-L", root]);
}

function built(platform: string, emulator: readonly string[]): Built {
  const file = `${ROOT}/dist/muster-${platform}`;
  using opened = Deno.openSync(file);
  const start = new Uint8Array(2);
  opened.readSync(start);
  return { file, emulator, isSelfExtracting: new TextDecoder().decode(start) === "#!" };
}

/** The command that runs a built file, and the variables it needs. */
export function commandOf({ file, emulator, isSelfExtracting }: Built): {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
} {
  if (emulator.length === 0) return { argv: [file], env: {} };
  if (isSelfExtracting) return { argv: [file], env: { MUSTER_EXEC_PREFIX: emulator.join(" ") } };
  return { argv: [emulator[0]!, ...emulator.slice(1), file], env: {} };
}

/** Runs a command to its end with PATH and `env` as its whole environment. */
export async function run(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd?: string,
): Promise<Run> {
  const [command, ...args] = argv;
  const output = await new Deno.Command(command!, {
    args,
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", ...env },
    stdin: "null",
    ...(cwd === undefined ? {} : { cwd }),
  }).output();
  const decoder = new TextDecoder();
  return {
    code: output.code,
    signal: output.signal,
    stdout: decoder.decode(output.stdout),
    stderr: decoder.decode(output.stderr),
  };
}

/** A directory of its own for a test: `await using lab = await temporary()`. */
export async function temporary(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "muster test " });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
