import config from "../deno.json" with { type: "json" };
import { type Platform, platformName } from "./platform.ts";

/** How this program was put together; see docs/building.md. */
export type SelfForm = "compiled" | "self-extracting" | "source";

/** What `muster --version` tells. */
export interface Version {
  /** Semantic version, from deno.json. */
  readonly version: string;
  /** `git describe` of the sources at build time; "unknown" outside a checkout and when run from source. */
  readonly revision: string;
  readonly form: SelfForm;
  readonly platform: Platform;
}

/** What the build records about itself, left on globalThis by the first module of the built program. */
export interface BuildRecord {
  readonly revision: string;
  readonly form: SelfForm;
}

/** Key on globalThis under which the built program's first module leaves its {@linkcode BuildRecord}. */
export const BUILD_RECORD = "muster.build";

/** The version, revision, form and platform of the running program. */
export function currentVersion(): Version {
  const { revision, form } = buildRecord();
  return { version: config.version, revision, form, platform: platformName() };
}

/** What the build recorded; when run from source, a record that says so. */
export function buildRecord(): BuildRecord {
  const record = Reflect.get(globalThis, Symbol.for(BUILD_RECORD)) as BuildRecord | undefined;
  return record ?? { revision: "unknown", form: "source" };
}

/** One line for people: `muster 0.1.0 (v0.1.0-3-gabc1234, self-extracting, linux-x64)`. */
function versionLine(version: Version): string {
  return `muster ${version.version} (${version.revision}, ${version.form}, ${version.platform})`;
}

/**
 * The answer to a command line that asks for the version and nothing else, or undefined for any other.
 * It lives here, beside no library, so that `muster --version` loads nothing heavy.
 */
export function versionAnswer(args: readonly string[]): string | undefined {
  const [first, ...rest] = args;
  if (first !== "--version" && first !== "-V") return undefined;
  const output = outputChoice(rest);
  if (output === "json") return JSON.stringify(currentVersion());
  return output === "table" ? versionLine(currentVersion()) : undefined;
}

function outputChoice(rest: readonly string[]): string | undefined {
  if (rest.length === 0) return "table";
  if (rest.length === 1) return rest[0]?.match(/^--output=(json|table)$/)?.[1];
  return rest.length === 2 && rest[0] === "--output" ? rest[1] : undefined;
}
