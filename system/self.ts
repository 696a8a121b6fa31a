import { launchScript } from "./launch.ts";
import { buildRecord, type SelfForm } from "./version.ts";

/** What the self-extracting file's header told us about itself. */
interface Launch {
  /** Absolute path of the file that was started, links not followed. */
  readonly file: string;
  /** Words put before the engine, e.g. `qemu-aarch64-static -L /root`; "" for none. */
  readonly execPrefix: string;
}

let launch: Launch | undefined;

/** How this program was put together. */
export function selfForm(): SelfForm {
  return buildRecord().form;
}

/**
 * Absolute path of our own file: the one a person copies to another machine or names in a unit file.
 * Links are followed, so a path in PATH that points at a release leads to that release. From source it is main.ts.
 * After an upgrade in place the file may hold a newer version than the one running.
 */
export function selfPath(): string {
  const form = selfForm();
  if (form === "source") return sourceMain();
  const path = form === "compiled" ? Deno.execPath() : launch?.file ?? Deno.execPath();
  try {
    return Deno.realPathSync(path);
  } catch {
    return path; // removed or replaced since we started
  }
}

/**
 * The argument vector that starts this same version of the program again; append the command's own words.
 * It works in an empty environment. In the self-extracting form it names the unpacked copy, so that an
 * upgrade or removal of our file does not change what a child runs.
 */
export function selfCommand(): readonly string[] {
  switch (selfForm()) {
    case "compiled":
      return [Deno.execPath()];
    case "source":
      return [
        Deno.execPath(),
        "run",
        "-A",
        "-q",
        "--unstable-no-legacy-abort",
        `--config=${sourceConfig()}`,
        sourceMain(),
      ];
    case "self-extracting":
      return unpackedCommand();
  }
}

/**
 * Remembers what the self-extracting header left in the environment and takes it out of there, so that no
 * child sees it. main.ts calls this once, before anything else; in the other forms it does nothing.
 */
export function takeLaunch(): void {
  if (selfForm() !== "self-extracting") return;
  launch = {
    file: Deno.env.get("MUSTER_SELF") ?? Deno.execPath(),
    execPrefix: Deno.env.get("MUSTER_EXEC_PREFIX") ?? "",
  };
  LAUNCH_VARIABLES.forEach((name) => Deno.env.delete(name));
}

const LAUNCH_VARIABLES: readonly string[] = [
  "MUSTER_SELF",
  "MUSTER_EXEC_PREFIX",
  "DENO_DIR",
  "DENO_NO_UPDATE_CHECK",
  "DENO_NO_PACKAGE_JSON",
];

function unpackedCommand(): readonly string[] {
  const directory = fromFileUrl(new URL(".", Deno.mainModule)).replace(/\/$/, "");
  const { file, execPrefix } = launch ?? { file: Deno.execPath(), execPrefix: "" };
  const script = `MUSTER_SELF=$1 MUSTER_EXEC_PREFIX=$2 d=$3; shift 3\n${launchScript()}`;
  return ["/bin/sh", "-c", script, "muster", file, execPrefix, directory];
}

function sourceMain(): string {
  return fromFileUrl(new URL("../main.ts", import.meta.url));
}

function sourceConfig(): string {
  return fromFileUrl(new URL("../deno.json", import.meta.url));
}

/** The path of a `file:` URL on POSIX systems. */
function fromFileUrl(url: URL): string {
  return decodeURIComponent(url.pathname);
}
