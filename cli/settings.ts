import { join, resolve } from "node:path";
import { musterHome } from "../system/home.ts";

/**
 * Where the controller's data lie, if not under MUSTER_HOME: MUSTER_DATA_DIR, else `data_dir` of `config.yaml`.
 * The YAML reader is loaded only if there is such a file. Throws `InvalidInput` if it cannot be read.
 */
export async function dataDirectory(env: (name: string) => string | undefined): Promise<string | undefined> {
  const variable = env("MUSTER_DATA_DIR") ?? "";
  if (variable !== "") return variable;
  const home = musterHome(env);
  const text = await Deno.readTextFile(home.config).catch(() => "");
  if (text.trim() === "") return undefined;
  const { parseYaml } = await import("../core/yaml.ts");
  const value = parseYaml(text, home.config);
  if (typeof value !== "object" || value === null || !("data_dir" in value)) return undefined;
  return typeof value.data_dir === "string" ? resolve(home.root, expandHome(value.data_dir, env)) : undefined;
}

function expandHome(path: string, env: (name: string) => string | undefined): string {
  return path.startsWith("~/") ? join(env("HOME") ?? "/", path.slice(2)) : path;
}
