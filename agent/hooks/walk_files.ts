/** A regular file below a directory. */
export interface FoundFile {
  /** Relative, with `/`. */
  readonly src: string;
  readonly path: string;
  /** Permission bits, masked to 0o777. */
  readonly mode: number;
}

/** What a name that is not UTF-8 holds once it was decoded. */
const REPLACEMENT = "\uFFFD";

/**
 * Regular files that match, sorted by `src`; with `since`, only those written then or later. Links are not followed:
 * one may lead out of the directory or round in a circle. `unnamable` counts names that are not UTF-8.
 */
export function walkFiles(
  root: string,
  matches: (src: string) => boolean,
  since: Date | null,
): { readonly files: FoundFile[]; readonly unnamable: number } {
  const files: FoundFile[] = [];
  let unnamable = 0;
  const visit = (directory: string, prefix: string) => {
    for (const entry of Deno.readDirSync(directory)) {
      const path = `${directory}/${entry.name}`;
      const src = prefix + entry.name;
      if (entry.name.includes(REPLACEMENT) && isMissing(path)) unnamable++;
      else if (entry.isDirectory) visit(path, `${src}/`);
      else if (entry.isFile && matches(src)) {
        const { mtime, mode } = Deno.lstatSync(path);
        if (since === null || mtime === null || mtime >= since) {
          files.push({ src, path, mode: (mode ?? 0o644) & 0o777 });
        }
      }
    }
  };
  visit(root, "");
  return { files: files.sort((a, b) => a.src < b.src ? -1 : 1), unnamable };
}

/** A name may hold the replacement character and be good UTF-8; then it can be found under it. */
function isMissing(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return false;
  } catch {
    return true;
  }
}
