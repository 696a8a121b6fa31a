import { LineCounter, parseDocument } from "yaml";
import { messageOf, MusterError } from "./errors.ts";

/** An alias may stand for a value this often: enough for any file by hand, too few to fill memory. */
const MAX_ALIASES = 100;

/** The value of one YAML document. Throws `InvalidInput` that names `source`, line and column. */
export function parseYaml(text: string, source: string): unknown {
  const document = parseDocument(text, {
    lineCounter: new LineCounter(),
    prettyErrors: true,
    version: "1.2",
  });
  const error = document.errors[0];
  if (error !== undefined) {
    const { line, col } = error.linePos?.[0] ?? { line: 1, col: 1 };
    throw unreadable(`${source}, line ${line}, column ${col}`, firstLine(error.message), error);
  }
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw unreadable(source, firstLine(messageOf(cause)), cause);
  }
}

/** The document with these keys set at its top, everything else (comments too) as it was. */
export function setYamlKeys(text: string, values: Readonly<Record<string, string>>, source: string): string {
  parseYaml(text, source);
  const document = parseDocument(text);
  for (const [key, value] of Object.entries(values)) document.set(key, value);
  return document.toString({ lineWidth: 0 });
}

/** The library repeats the place and shows the text in the lines below. */
function firstLine(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
}

function unreadable(where: string, why: string, cause: unknown): MusterError {
  return new MusterError("InvalidInput", `Cannot read ${where}: ${why}`, { cause });
}
