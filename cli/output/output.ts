/** Where a command speaks. Results go to `out`, which a pipe reads; everything said to a person besides goes to `err`. */
export interface Output {
  /** Writes all of it. Throws `Deno.errors.BrokenPipe` once nobody reads. */
  out(content: string | Uint8Array): void;
  err(text: string): void;
}

/** What is at the other end of our streams. */
export interface Terminal {
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  readonly inIsTerminal: boolean;
}

const encoder = new TextEncoder();

/** Standard output and standard error of this process. */
export const standardOutput: Output = {
  out: (content) => writeAll(Deno.stdout, content),
  err: (text) => writeAll(Deno.stderr, text),
};

export function standardTerminal(): Terminal {
  return {
    outIsTerminal: Deno.stdout.isTerminal(),
    errIsTerminal: Deno.stderr.isTerminal(),
    inIsTerminal: Deno.stdin.isTerminal(),
  };
}

interface SyncWriter {
  writeSync(bytes: Uint8Array): number;
}

function writeAll(to: SyncWriter, content: string | Uint8Array): void {
  let bytes = typeof content === "string" ? encoder.encode(content) : content;
  while (bytes.length > 0) bytes = bytes.subarray(to.writeSync(bytes));
}
