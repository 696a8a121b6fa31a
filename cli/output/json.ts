import type { Output } from "./output.ts";

/** Prints `body` as one JSON document: what the API answered, as received. */
export function printJson(output: Output, body: unknown): void {
  output.out(JSON.stringify(body, null, 2) + "\n");
}

/** Prints `body` on one line, for commands that print many. */
export function printJsonLine(output: Output, body: unknown): void {
  output.out(JSON.stringify(body) + "\n");
}
