import { bundleProgram } from "./build/bundle.ts";
import { runCommand, say } from "./build/command.ts";
import { compileProgram } from "./build/compiled.ts";
import { type BuildOptions, parseOptions, USAGE, UsageError } from "./build/options.ts";
import { sha256 } from "./build/payload.ts";
import { buildSelfExtracting, engineFor } from "./build/self_extracting.ts";
import { isTarget, type Target } from "./build/targets.ts";
import { platformName } from "../system/platform.ts";
import { currentVersion, type SelfForm } from "../system/version.ts";

const DIST = "dist";
const { version } = currentVersion();

/** Builds every target asked for and prints a line for each. */
async function build(options: BuildOptions, host: Target): Promise<void> {
  await Deno.mkdir(DIST, { recursive: true });
  const revision = await gitRevision();
  let isBaseInReach = !options.selfExtracting;
  for (const target of options.targets) {
    const file = `${DIST}/muster-${target}`;
    isBaseInReach &&= await buildCompiled(target, file, revision);
    const form: SelfForm = isBaseInReach ? "compiled" : "self-extracting";
    if (!isBaseInReach) await buildUnpacking(target, host, file, revision);
    await report(file, form);
    if (target === host) await linkOrCopy(file, `${DIST}/muster`);
  }
}

async function buildCompiled(target: Target, file: string, revision: string): Promise<boolean> {
  const folder = `${DIST}/build/compiled`;
  await bundleProgram(folder, { revision, form: "compiled" });
  const part = `${file}.part`;
  const isBuilt = await compileProgram(`${folder}/program`, target, part);
  if (isBuilt) await Deno.rename(part, file);
  else await say("The compiler's runtime base cannot be downloaded here: building the self-extracting form");
  return isBuilt;
}

async function buildUnpacking(target: Target, host: Target, file: string, revision: string): Promise<void> {
  const folder = `${DIST}/build/self-extracting`;
  await bundleProgram(folder, { revision, form: "self-extracting" });
  const part = `${file}.part`;
  await buildSelfExtracting(`${folder}/program`, target, part, version, await engineFor(target, host));
  await Deno.rename(part, file); // a running start of the old file goes on reading the old one
}

async function report(file: string, form: SelfForm): Promise<void> {
  const data = await Deno.readFile(file);
  const size = `${(data.length / 1e6).toFixed(1)} MB`;
  await Deno.stdout.write(new TextEncoder().encode(`${file}  ${size}  sha256:${sha256(data)}  ${form}\n`));
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  await Deno.remove(part).catch(() => {});
  await Deno.link(from, part).catch(() => Deno.copyFile(from, part));
  await Deno.remove(to).catch(() => {}); // renaming one hard link of a file onto another does nothing
  await Deno.rename(part, to);
}

/** `git describe` of the sources, or "unknown" outside a checkout. */
async function gitRevision(): Promise<string> {
  try {
    const { success, output } = await runCommand(["git", "describe", "--always", "--dirty", "--tags"]);
    return success ? output.trim() : "unknown";
  } catch {
    return "unknown"; // no git here
  }
}

/** The exit code of one call of compile.sh. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const host = platformName();
    if (!isTarget(host)) throw new UsageError(`Cannot build on ${host}`);
    const options = parseOptions(args, host);
    if (Deno.env.has("DENORT_BIN") && options.targets.length > 1) {
      throw new UsageError("Cannot build several targets with DENORT_BIN: it is the runtime base of one");
    }
    await (options.help ? say(USAGE) : build(options, host));
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    await say(`muster: ${error instanceof Error ? error.message : error}`);
    if (isUsage) await say("hint: Run `./compile.sh --help`");
    return isUsage ? 2 : 7;
  }
}

Deno.exit(await main(Deno.args));
