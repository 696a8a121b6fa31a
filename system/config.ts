import { messageOf, MusterError } from "../core/errors.ts";
import { configFromEnvironment, configFromFile } from "../core/config.ts";
import type { Config } from "../core/config.ts";
import { writePrivateFile } from "./files.ts";

/**
 * The settings in force, as far as they are not given by flags: the environment, then `path` (config.yaml).
 * Throws `InvalidInput` that names file and key. The YAML reader is loaded only where there is a file.
 */
export async function loadConfig(path: string, env: (name: string) => string | undefined): Promise<Config> {
  const text = readIfPresent(path);
  if (text === null) return configFromEnvironment(env);
  const { parseYaml } = await import("../core/yaml.ts");
  return { ...configFromFile(parseYaml(text, path), path), ...configFromEnvironment(env) };
}

/** Writes settings into `path`, keeping what a person wrote there, comments too. */
export async function saveConfig(path: string, values: Readonly<Record<string, string>>): Promise<void> {
  const { setYamlKeys } = await import("../core/yaml.ts");
  await writePrivateFile(path, setYamlKeys(readIfPresent(path) ?? "", values, path));
}

function readIfPresent(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new MusterError("InvalidInput", `Cannot read ${path}: ${messageOf(error)}`, {
      hint: "Set MUSTER_HOME to a directory of yours",
      cause: error,
    });
  }
}
