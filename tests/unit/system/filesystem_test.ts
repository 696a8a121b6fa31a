import assert from "node:assert/strict";
import { mountKind } from "../../../system/filesystem.ts";

const MOUNTS = [
  "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
  "30 22 0:40 / /home rw,relatime shared:1 - nfs4 server:/export/home rw,vers=4.2",
  "31 30 0:41 / /home/ana/my\\040disk rw - ext4 /dev/sdb1 rw",
  "32 22 0:42 / /mnt/data rw - ext4 /dev/sdc1 rw",
  "33 22 0:43 / /mnt/data rw - fuse.sshfs box:/data rw",
].join("\n");

const CASES: readonly [path: string, kind: string][] = [
  ["/var/lib/x", "ext4"],
  ["/home/ana", "nfs4"],
  ["/homes/ana", "ext4"],
  ["/home/ana/my disk/.muster", "ext4"],
  ["/mnt/data/a", "fuse.sshfs"],
];

for (const [path, kind] of CASES) {
  Deno.test(`mountKind() says ${kind} for ${path}`, () => {
    assert.equal(mountKind(path, MOUNTS), kind);
  });
}

Deno.test("mountKind() knows nothing where there is no table", () => {
  assert.equal(mountKind("/home", ""), null);
});
