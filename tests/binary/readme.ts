const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname).replace(/\/$/, "");

/** The checkout that holds the README and its examples. */
export const CHECKOUT = ROOT;

/** The commands of the README's tour, in their order, with those that put the file on the PATH left out. */
export function tourCommands(readme: string): readonly string[] {
  const tour = readme.split(/^## A tour$/m)[1]?.split(/^## /m)[0] ?? "";
  return [...tour.matchAll(/^```sh\n(.*?)^```$/gms)]
    .flatMap(([, block]) => (block ?? "").split("\n"))
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

/** The shell blocks of a page, each as it would be typed. */
export function shellBlocks(page: string): readonly string[] {
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? "");
}

/** The one command below a marker like `<!-- main job -->`. */
export function markedCommand(readme: string, marker: string): string {
  const found = new RegExp(`<!-- ${marker} -->\\s*\`\`\`sh\\n(.*?)\\n\`\`\``, "s").exec(readme);
  if (found?.[1] === undefined) throw new Error(`The README has no command marked "${marker}"`);
  return found[1];
}
