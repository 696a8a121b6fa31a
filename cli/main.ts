import { currentVersion, versionLine } from "../system/version.ts";

const HELP = `Usage: muster <command> [options]

Options:
  -h, --help     Show this help
  -V, --version  Show the version, revision, form and platform
`;

/** Runs one command line and answers its exit code. */
export async function runCli(args: readonly string[]): Promise<number> {
  const [command] = args;
  if (command === undefined || command === "--help" || command === "-h") {
    return await print(Deno.stdout, `${versionLine(currentVersion())}\n\n${HELP}`, 0);
  }
  const fault = `muster: Cannot run "${command}": no such command\nhint: Run \`muster --help\`\n`;
  return await print(Deno.stderr, fault, 2);
}

async function print(to: { write(data: Uint8Array): Promise<number> }, text: string, exitCode: number) {
  await to.write(new TextEncoder().encode(text));
  return exitCode;
}
