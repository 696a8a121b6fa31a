import { countsLine, type Part, summarize } from "./summary/summarize.ts";

// Reads what test.sh left in a folder (NAME.code, NAME.xml, NAME.skipped), prints the sum as the last line, and
// ends with 1 if anything failed.
const folder = Deno.args[0]!;

/** One part, from the files that bear its name. */
async function readPart(name: string): Promise<Part> {
  const [code, junit, reason] = await Promise.all(
    ["code", "xml", "skipped"].map((kind) => read(`${name}.${kind}`)),
  );
  if (reason !== undefined) return { name, code: null, reason: reason.trim() };
  return { name, code: Number(code ?? 1), ...(junit === undefined ? {} : { junit }) };
}

async function read(name: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(`${folder}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
const names = new Set(
  files.filter((name) => !name.endsWith(".log")).sort().map((name) =>
    name.replace(/\.(code|xml|skipped)$/, "")
  ),
);
const { lines, counts, exitCode } = summarize(await Promise.all([...names].map(readPart)));
await Deno.stdout.write(new TextEncoder().encode(["", ...lines, countsLine(counts), ""].join("\n")));
Deno.exit(exitCode);
