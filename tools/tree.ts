/** Folders that hold no sources of ours. */
const SKIPPED: ReadonlySet<string> = new Set([".git", ".deno", "dist", "node_modules", "coverage"]);

/** Files whose text the house rules read. */
const TEXT = /\.(ts|tsx|js|json|md|sql|proto|sh|css|html|py|ya?ml|csv)$|(^|\/)(deno\.lock|run|[^.]+)$/;

/** Every text file under `root`, from its path to its text. */
export async function readTree(root: string): Promise<ReadonlyMap<string, string>> {
  const paths = await listFiles(root, "");
  const texts = await Promise.all(
    paths.filter((path) => TEXT.test(path)).map(async (path) =>
      [path, await Deno.readTextFile(`${root}/${path}`)] as const
    ),
  );
  return new Map(texts.sort(([a], [b]) => a < b ? -1 : 1));
}

async function listFiles(root: string, folder: string): Promise<readonly string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${root}/${folder}`));
  const lists = await Promise.all(entries.map(({ name, isDirectory, isFile }) => {
    if (SKIPPED.has(name)) return [];
    return isDirectory ? listFiles(root, `${folder}${name}/`) : isFile ? [`${folder}${name}`] : [];
  }));
  return lists.flat();
}
