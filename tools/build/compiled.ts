import { isVerbose, say, TOOL_ENVIRONMENT } from "./command.ts";
import { type Target, TARGETS } from "./targets.ts";

/** Milliseconds after which a host that gave no answer is taken to be out of reach. */
const PROBE_MS = 10_000;

/**
 * Builds the compiled form of a bundled program, and answers false if the runtime base it needs cannot be
 * downloaded. The bundle has no other way to fail here, so a fault in the program is never taken for that.
 *
 * @throws {Error} if the compiler fails for another reason, or DENORT_BIN names the runtime base
 */
export async function compileProgram(program: string, target: Target, file: string): Promise<boolean> {
  const stop = new AbortController();
  const compiler = new Deno.Command(Deno.execPath(), {
    args: [
      // Without --no-code-cache the program would load compiled code from a guessable file under /tmp,
      // which on a shared machine anybody may have put there.
      ...[
        "compile",
        "-A",
        "--no-config",
        "--no-lock",
        "--no-check",
        "--no-code-cache",
        "--unstable-no-legacy-abort",
        `--include=${program}`,
      ],
      ...[`--target=${TARGETS[target].triple}`, `--output=${file}`, `${program}/main.js`],
    ], // not --quiet: the line about the download must be seen
    env: TOOL_ENVIRONMENT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: stop.signal,
  }).spawn();
  const output = await watchDownload(compiler.stderr, () => stop.abort());
  const { success } = await compiler.status;
  if (isVerbose()) await say(output);
  if (success) return true;
  await removeParts(file);
  if (!Deno.env.has("DENORT_BIN") && DOWNLOAD.test(output)) return false;
  throw new Error(`Cannot compile for ${target}:\n${output.trimEnd()}`);
}

/** What the compiler prints before it downloads a runtime base. */
const DOWNLOAD = /^Download (https?:\S+denort\S+)/m;

/**
 * Reads all that the compiler prints. Once it begins a download, asks that host for an answer too, because the
 * compiler itself waits minutes for a network that drops packets.
 */
async function watchDownload(stream: ReadableStream<Uint8Array>, giveUp: () => void): Promise<string> {
  let output = "";
  let isProbed = false;
  for await (
    const text of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
  ) {
    output += text;
    const url = output.match(DOWNLOAD)?.[1];
    if (url === undefined || isProbed) continue;
    isProbed = true;
    fetch(url, { method: "HEAD", signal: AbortSignal.timeout(PROBE_MS) }).catch(giveUp);
  }
  return output;
}

/** The compiler leaves its temporary file beside the output when it fails. */
async function removeParts(file: string): Promise<void> {
  const folder = file.slice(0, file.lastIndexOf("/"));
  const stem = file.slice(file.lastIndexOf("/") + 1);
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.startsWith(`${stem}.tmp-`)) await Deno.remove(`${folder}/${entry.name}`);
  }
}
