import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** Free space for us and size of the file system that holds `path`, in bytes. */
export function diskSpace(path: string): { readonly freeBytes: number; readonly totalBytes: number } {
  const stats = statfsSync(path);
  return { freeBytes: stats.bavail * stats.bsize, totalBytes: stats.blocks * stats.bsize };
}

/** Kinds of file system that several machines can mount. SQLite's locks and WAL are not safe on them. */
const NETWORK_KINDS = new Set([
  "nfs",
  "nfs4",
  "cifs",
  "smb3",
  "smbfs",
  "afpfs",
  "afs",
  "9p",
  "lustre",
  "gpfs",
  "beegfs",
  "ceph",
  "glusterfs",
  "pvfs2",
  "orangefs",
  "panfs",
  "wekafs",
  "fuse.sshfs",
  "fuse.glusterfs",
  "fuse.ceph",
  "fuse.juicefs",
  "fuse.s3fs",
  "fuse.gcsfuse",
  "fuse.rclone",
]);

/** The kind of network file system that holds `path` (which need not exist yet), or null for a local one. */
export function networkFileSystem(path: string): string | null {
  const kind = mountKind(Deno.realPathSync(nearestExisting(path)), readMounts());
  return kind !== null && NETWORK_KINDS.has(kind) ? kind : null;
}

/** Kind of the innermost mount above `path`, from the text of /proc/self/mountinfo (proc(5)). */
export function mountKind(path: string, mountinfo: string): string | null {
  let best = { point: "", kind: null as string | null };
  for (const line of mountinfo.split("\n")) {
    const [left, right] = line.split(" - ");
    if (left === undefined || right === undefined) continue;
    const point = unescapeOctal(left.split(" ")[4] ?? "");
    const isAbove = path === point || path.startsWith(point.endsWith("/") ? point : `${point}/`);
    // The last of equals wins: it is mounted over the others.
    if (isAbove && point.length >= best.point.length) best = { point, kind: right.split(" ")[0] ?? null };
  }
  return best.kind;
}

/** `\040` for a space and so on, as the kernel writes them. */
function unescapeOctal(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

function readMounts(): string {
  try {
    return Deno.readTextFileSync("/proc/self/mountinfo");
  } catch {
    // macOS and others: no such table. Its network mounts are not recognised.
    return "";
  }
}

function nearestExisting(path: string): string {
  for (let at = path;; at = dirname(at)) {
    try {
      Deno.lstatSync(at);
      return at;
    } catch {
      if (at === dirname(at)) return at;
    }
  }
}
