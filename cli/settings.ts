/** Where the controller's data lie, if not under MUSTER_HOME: MUSTER_DATA_DIR, else `data_dir` of config.yaml. */
export async function dataDirectory(env: (name: string) => string | undefined): Promise<string | undefined> {
  const variable = env("MUSTER_DATA_DIR") ?? "";
  return await Promise.resolve(variable === "" ? undefined : variable);
}
