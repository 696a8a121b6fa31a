/** A file system of its own in memory, mounted for a test. */
export interface SmallDisk extends Disposable {
  readonly path: string;
  /** Gives it another size, in bytes; not below what is used. */
  resize(bytes: number): void;
  /** Fills it until this many bytes are free, with one file. */
  fill(freeBytes: number): void;
  /** Removes that file. */
  free(): void;
}

const MIB = 2 ** 20;

/** Why no disk can be mounted here, or undefined. */
export function noMountReason(): string | undefined {
  const path = Deno.makeTempDirSync({ dir: "/var/tmp", prefix: "muster-mount-" });
  try {
    mountSmallDisk(path, MIB)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return `no file system can be mounted: ${error instanceof Error ? error.message : error}`;
  } finally {
    Deno.removeSync(path);
  }
}

/** Mounts one at `path`, which is made. Throws where that is not permitted. */
export function mountSmallDisk(path: string, bytes: number): SmallDisk {
  Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
  run("mount", ["-t", "tmpfs", "-o", `size=${bytes},mode=700`, "muster-test", path]);
  const filler = `${path}/.filler`;
  return {
    path,
    resize: (size) => run("mount", ["-o", `remount,size=${size}`, path]),
    fill(freeBytes) {
      const blocks = run("stat", ["-f", "-c", "%a %S", path]).split(" ").map(Number);
      const size = blocks[0]! * blocks[1]! - freeBytes;
      run("fallocate", ["-l", String(size), filler]);
    },
    free: () => Deno.removeSync(filler),
    // A process that still holds a file of it open does not keep it in the tree.
    [Symbol.dispose]: () => void run("umount", ["-l", path]),
  };
}

function run(command: string, args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(command, { args }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
  return new TextDecoder().decode(stdout);
}
