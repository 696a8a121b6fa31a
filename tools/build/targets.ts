/** A platform Muster is built for. */
export type Target = keyof typeof TARGETS;

/** What a platform is called elsewhere: by the compiler, and by `uname -s`-`uname -m` (a shell pattern). */
interface TargetFacts {
  readonly triple: string;
  readonly uname: string;
}

/** Every platform Muster is built for, in the order in which `--all` builds them. */
export const TARGETS = {
  "linux-x64": { triple: "x86_64-unknown-linux-gnu", uname: "Linux-x86_64 | Linux-amd64" },
  "linux-arm64": { triple: "aarch64-unknown-linux-gnu", uname: "Linux-aarch64 | Linux-arm64" },
  "macos-arm64": { triple: "aarch64-apple-darwin", uname: "Darwin-arm64" },
} as const satisfies Record<string, TargetFacts>;

/** Names of all targets. */
export const TARGET_NAMES = Object.keys(TARGETS) as readonly Target[];

/** Whether `name` is a platform Muster is built for. */
export function isTarget(name: string): name is Target {
  return Object.hasOwn(TARGETS, name);
}
