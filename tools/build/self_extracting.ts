import { launchScript } from "../../system/launch.ts";
import { runCommand } from "./command.ts";
import { compressFiles, type PayloadFile, sha256 } from "./payload.ts";
import { type Target, TARGETS } from "./targets.ts";

/** Bytes that the shell header fills; the payload begins there. */
export const HEADER_BYTES = 16384;

/** What the header of one built file says about it. */
export interface HeaderFacts {
  readonly version: string;
  readonly target: Target;
  /** SHA-256 of the payload. */
  readonly payloadHash: string;
  /** Megabytes that the unpacked program takes. */
  readonly needMegabytes: number;
}

/** The shell text before the payload, padded to {@linkcode HEADER_BYTES}. */
export function headerText(template: string, facts: HeaderFacts): string {
  const values: Record<string, string> = {
    NAME: `${facts.version}-${facts.target}-${facts.payloadHash.slice(0, 12)}`,
    OFFSET: String(HEADER_BYTES),
    SHA256: facts.payloadHash,
    PLATFORM: facts.target,
    UNAME: TARGETS[facts.target].uname,
    NEED: String(facts.needMegabytes),
    LAUNCH: launchScript(),
  };
  const text = template.replaceAll(/@([A-Z0-9]+)@/g, (whole, name) => values[name] ?? whole);
  if (text.length > HEADER_BYTES - 1) {
    throw new RangeError(`The header takes more than ${HEADER_BYTES} bytes`);
  }
  return `${text.padEnd(HEADER_BYTES - 1, "\n")}\n`;
}

/** Builds the self-extracting form: shell header, then the engine and the bundled program, compressed. */
export async function buildSelfExtracting(
  program: string,
  target: Target,
  file: string,
  version: string,
  engine: string,
): Promise<void> {
  const engineData = await Deno.readFile(engine);
  const files = [...await programFiles(program), { name: ".complete", mode: 0o600, data: new Uint8Array() }];
  const [head, tail] = [await compressedEngine(engineData), await compressFiles(files)];
  const header = headerText(await Deno.readTextFile(new URL("header.sh", import.meta.url)), {
    version,
    target,
    payloadHash: sha256(head, tail),
    needMegabytes: Math.ceil(files.reduce((sum, { data }) => sum + data.length, engineData.length) / 1e6),
  });
  await Deno.writeFile(file, ReadableStream.from([new TextEncoder().encode(header), head, tail]), {
    mode: 0o755,
  });
  await Deno.chmod(file, 0o755);
}

/** The path of the deno for `target`: the one in use for this machine, else fetched from npm. */
export async function engineFor(target: Target, host: Target): Promise<string> {
  if (target === host) return Deno.execPath();
  const script = new URL("../deno.sh", import.meta.url).pathname;
  const { success, output } = await runCommand(["sh", decodeURIComponent(script), target]);
  if (!success) throw new Error(output.replace(/^muster: /, "").trimEnd());
  return output.trim();
}

/** Compressing the engine takes seconds and it seldom changes, so the result is kept in .deno/. */
async function compressedEngine(data: Uint8Array): Promise<Uint8Array> {
  const folder = decodeURIComponent(new URL("../../.deno/engines", import.meta.url).pathname);
  const kept = `${folder}/${sha256(data)}.tar.gz`;
  try {
    return await Deno.readFile(kept);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const compressed = await compressFiles([{ name: "muster", mode: 0o700, data }], true);
  await Deno.mkdir(folder, { recursive: true });
  const part = await Deno.makeTempFile({ dir: folder });
  await Deno.writeFile(part, compressed);
  await Deno.rename(part, kept);
  return compressed;
}

async function programFiles(program: string): Promise<readonly PayloadFile[]> {
  const names = await Array.fromAsync(Deno.readDir(program), (entry) => entry.name);
  return await Promise.all(
    names.sort().map(async (name) => ({
      name,
      mode: 0o600,
      data: await Deno.readFile(`${program}/${name}`),
    })),
  );
}
