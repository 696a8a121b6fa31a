import { resolve } from "node:path";
import { MusterError } from "../../core/errors.ts";
import type { Unpacked } from "../../system/untar.ts";
import type { Invocation } from "../command.ts";
import type { Context } from "../context.ts";
import { EXIT_DONE } from "../exit_codes.ts";
import { countOf } from "../output/count_words.ts";
import { printJson } from "../output/json.ts";
import { oneLine } from "../output/plain.ts";
import { formatBytes } from "../../core/quantity.ts";

/** The line of progress is drawn anew at most this often. */
const DRAW_EVERY_MS = 100;

/** `muster fetch JOB [DIR]`: brings the outputs, a directory a task. */
export async function run(invocation: Invocation, context: Context): Promise<number> {
  const client = await context.client();
  const job = await client.job(invocation.word(0));
  const directory = invocation.words[1] ?? directoryFor(job.name, job.id);
  const { untar } = await import("../../system/untar.ts");
  const signal = context.interruption();
  const stream = await client.files(job.id, { signal });
  const draw = progressLine(context);
  try {
    const unpacked = await untar(stream, resolve(context.ports.cwd(), directory), {
      signal,
      onProgress: draw.show,
    });
    draw.end();
    report(directory, unpacked, context);
    return EXIT_DONE;
  } catch (error) {
    draw.end();
    if (!signal.aborted) throw error;
    throw new MusterError(
      "Interrupted",
      `Cannot fetch job "${job.name}": interrupted; what arrived is in "${directory}"`,
    );
  }
}

function directoryFor(name: string, id: string): string {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name) ? name : id;
}

function report(directory: string, unpacked: Unpacked, { output, json, quiet }: Context): void {
  const { files, bytes, replaced } = unpacked;
  if (json) return printJson(output, { directory, files, bytes, replaced });
  if (!quiet) output.out(`${fetchedWords(directory, unpacked)}\n`);
}

/** `Fetched 34 files, 1.2 MiB, into words/ · 2 replaced`. */
function fetchedWords(directory: string, { files, bytes, replaced }: Unpacked): string {
  const changed = replaced === 0 ? "" : ` · ${replaced.toLocaleString("en-US")} replaced`;
  return `Fetched ${countOf(files, "file")}, ${formatBytes(bytes)}, into ${
    oneLine(directory).replace(/\/+$/, "")
  }/${changed}`;
}

interface ProgressLine {
  show(unpacked: Unpacked): void;
  end(): void;
}

function progressLine({ output, terminal, quiet, json, clock }: Context): ProgressLine {
  if (!terminal.errIsTerminal || quiet || json) return { show: () => {}, end: () => {} };
  let lastMs = -DRAW_EVERY_MS;
  return {
    show({ files, bytes }) {
      if (clock.monotonicMs() - lastMs < DRAW_EVERY_MS) return;
      lastMs = clock.monotonicMs();
      output.err(`\r\x1b[2K${countOf(files, "file")}, ${formatBytes(bytes)}`);
    },
    end: () => output.err("\r\x1b[2K"),
  };
}
