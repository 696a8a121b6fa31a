import type { OutputFile } from "../../core/result.ts";

/** Names in a task's folder that are ours. */
const OURS: ReadonlySet<string> = new Set(["stdout.txt", "result.json"]);

/**
 * What each output file is called in the task's fetched folder. A file that bears one of our names, `stdout.txt`
 * or `result.json`, is called `stdout.txt.task`, with one more `.task` for each file that bears that. A name that
 * would lead out of the folder is refused; so is a second file of the same name.
 */
export function fetchedNames(
  files: readonly OutputFile[],
): { readonly names: Map<string, OutputFile>; readonly refused: readonly OutputFile[] } {
  const taken = new Set(files.map((file) => file.src));
  const names = new Map<string, OutputFile>();
  const refused: OutputFile[] = [];
  for (const file of files) {
    const name = OURS.has(file.src) ? freeName(file.src, taken) : file.src;
    if (!isInside(name) || names.has(name)) refused.push(file);
    else names.set(name, file);
  }
  return { names, refused };
}

/** Whether a relative path with `/` stays inside its folder wherever it is unpacked. */
export function isInside(path: string): boolean {
  if (path === "" || path.includes("\0")) return false;
  // A file may not be below one of our names either: `stdout.txt/x` would need a folder called so.
  const parts = path.split("/");
  if (parts.length > 1 && OURS.has(parts[0]!)) return false;
  return parts.every((part) => part !== "" && part !== "." && part !== "..");
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = `${name}.task`;
  while (taken.has(free)) free += ".task";
  return free;
}
