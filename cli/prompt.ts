import { MusterError } from "../core/errors.ts";

/** A token is far shorter; more than this is a wrong file. */
const LONGEST_SECRET_BYTES = 64 * 1024;

const ENTER = new Set([10, 13]);
const BACKSPACE = new Set([8, 127]);
const CTRL_C = 3;
const CTRL_D = 4;

/** One line from standard input, trimmed. On a terminal `question` is asked and nothing typed is shown. */
export async function readSecretLine(question: string): Promise<string> {
  return Deno.stdin.isTerminal() ? await typedSecret(question) : await pipedSecret();
}

async function pipedSecret(): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of Deno.stdin.readable) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n") || text.length > LONGEST_SECRET_BYTES) break;
  }
  return (text.split("\n")[0] ?? "").trim();
}

async function typedSecret(question: string): Promise<string> {
  Deno.stderr.writeSync(new TextEncoder().encode(question));
  Deno.stdin.setRaw(true);
  try {
    return await readTyped();
  } finally {
    Deno.stdin.setRaw(false);
    Deno.stderr.writeSync(new TextEncoder().encode("\n"));
  }
}

async function readTyped(): Promise<string> {
  const typed: number[] = [];
  const chunk = new Uint8Array(1024);
  for (;;) {
    const count = await Deno.stdin.read(chunk);
    if (count === null) return textOf(typed);
    for (const byte of chunk.subarray(0, count)) {
      if (byte === CTRL_C) throw new MusterError("Interrupted", "Cannot read the secret: interrupted");
      if (ENTER.has(byte) || byte === CTRL_D) return textOf(typed);
      if (BACKSPACE.has(byte)) typed.pop();
      else typed.push(byte);
    }
  }
}

function textOf(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes)).trim();
}
