import { BUILD_RECORD, type BuildRecord } from "../../system/version.ts";
import { runCommand } from "./command.ts";

/**
 * Bundles main.ts and all it can load into `folder`, as main.js and the chunks that it imports when needed.
 * Both forms of the program are made from the same bundle.
 */
export async function bundleProgram(folder: string, record: BuildRecord): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
  await Deno.mkdir(`${folder}/entry`, { recursive: true });
  await Deno.writeTextFile(`${folder}/entry/record.ts`, recordModule(record));
  await Deno.writeTextFile(`${folder}/entry/main.ts`, `import "./record.ts";\nimport "${mainModule()}";\n`);
  const { success, output } = await runCommand([
    Deno.execPath(),
    ...["bundle", "--quiet", "--platform=deno", "--code-splitting", "--minify", "--frozen"],
    // Optional native parts of ssh2 and its like: where they are missing, these libraries use their own code.
    ...["--external=*.node", "--external=cpu-features"],
    ...[`--outdir=${folder}/program`, `${folder}/entry/main.ts`],
  ]);
  if (!success) throw new Error(`Cannot bundle main.ts:\n${output.trimEnd()}`);
  await hideLazyChunks(`${folder}/program`);
}

/**
 * Keeps the engine from reading at start what is only loaded when needed: it looks through every module whose name
 * it can read in an `import()`, 20 ms of them. A name behind a call it cannot.
 */
async function hideLazyChunks(program: string): Promise<void> {
  for await (const { name } of Deno.readDir(program)) {
    if (!name.endsWith(".js")) continue;
    const path = `${program}/${name}`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replaceAll(/\bimport\("(\.\/[^"]+\.js)"\)/g, 'import(String("$1"))'));
  }
}

/**
 * The first module of the built program. It leaves the build's record for system/version.ts, and the
 * `__dirname` that CommonJS libraries (ssh2, protobufjs) look at while they are loaded.
 */
function recordModule(record: BuildRecord): string {
  return `Reflect.set(globalThis, Symbol.for(${JSON.stringify(BUILD_RECORD)}), ${JSON.stringify(record)});
Reflect.set(globalThis, "__dirname", import.meta.dirname);
`;
}

function mainModule(): string {
  return new URL("../../main.ts", import.meta.url).href;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
