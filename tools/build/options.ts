import { isTarget, type Target, TARGET_NAMES } from "./targets.ts";

/** What one call of compile.sh is to build. */
export interface BuildOptions {
  readonly targets: readonly Target[];
  /** Build the self-extracting form without trying the compiler's runtime base first. */
  readonly selfExtracting: boolean;
  readonly help: boolean;
}

/** A command line of compile.sh that asks for nothing that can be built. */
export class UsageError extends Error {}

/** Help text of compile.sh. */
export const USAGE = `Usage: ./compile.sh [--target <os>-<arch>]... [--all] [--self-extracting]

Builds dist/muster-<os>-<arch>, and dist/muster for this machine.

  --target <os>-<arch>  One of ${TARGET_NAMES.join(", ")}; by default this machine's
  --all                 All of them
  --self-extracting     Do not try the compiled form first
  -h, --help            Show this

DENORT_BIN=FILE names the compiler's runtime base; V=1 shows what the tools print.
`;

/**
 * Reads the words after compile.sh.
 *
 * @throws {UsageError} for a word that is no flag, or a target that is none of ours
 */
export function parseOptions(args: readonly string[], host: Target): BuildOptions {
  const targets = new Set<Target>();
  let selfExtracting = false;
  let help = false;
  for (const words = [...args]; words.length > 0;) {
    const word = words.shift()!;
    if (word === "--all") TARGET_NAMES.forEach((name) => targets.add(name));
    else if (word === "--self-extracting") selfExtracting = true;
    else if (word === "--help" || word === "-h") help = true;
    else if (word === "--target") targets.add(targetNamed(words.shift()));
    else if (word.startsWith("--target=")) targets.add(targetNamed(word.slice("--target=".length)));
    else throw new UsageError(`Cannot build: unknown word "${word}"`);
  }
  return { targets: targets.size > 0 ? [...targets] : [host], selfExtracting, help };
}

function targetNamed(name: string | undefined): Target {
  if (name !== undefined && isTarget(name)) return name;
  const known = TARGET_NAMES.join(", ");
  throw new UsageError(
    name === undefined
      ? `Cannot build: "--target" wants one of ${known}`
      : `Cannot build for "${name}": wanted one of ${known}`,
  );
}
