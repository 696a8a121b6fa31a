/** A machine kind that Muster is built for, in the words of DESIGN: `linux-x64`, `linux-arm64`, `macos-arm64`. */
export type Platform = `${string}-${string}`;

/** The platform this process runs on. Names that Muster is not built for pass through as Deno gives them. */
export function platformName(): Platform {
  const os = Deno.build.os === "darwin" ? "macos" : Deno.build.os;
  const arch = { x86_64: "x64", aarch64: "arm64" }[Deno.build.arch as string] ?? Deno.build.arch;
  return `${os}-${arch}`;
}
