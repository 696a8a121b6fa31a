import assert from "node:assert/strict";
import { memoryCgroupDirectory } from "../../../../agent/keeper/memory_cgroup.ts";

const V2_MOUNT = "cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate 0 0";

Deno.test("memoryCgroupDirectory() finds our group under version 2, version 1 and both at once", () => {
  assert.deepEqual(
    memoryCgroupDirectory(
      "0::/user.slice/user-1000.slice/muster.service\n",
      `proc /proc proc rw 0 0\n${V2_MOUNT}\n`,
    ),
    { version: 2, directory: "/sys/fs/cgroup/user.slice/user-1000.slice/muster.service" },
  );
  const mixed = "4:memory:/a:b\n1:name=systemd:/\n0::/\n";
  const mounts = "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\n" +
    "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
  assert.deepEqual(memoryCgroupDirectory(mixed, mounts), {
    version: 1,
    directory: "/sys/fs/cgroup/memory/a:b",
  });
  assert.deepEqual(memoryCgroupDirectory("0::/\n", V2_MOUNT), { version: 2, directory: "/sys/fs/cgroup" });
});

Deno.test("memoryCgroupDirectory() finds none where there is none", () => {
  assert.equal(memoryCgroupDirectory("", ""), null);
  assert.equal(memoryCgroupDirectory("0::/x\n", "proc /proc proc rw 0 0\n"), null);
  assert.equal(memoryCgroupDirectory("4:memory:/x\n", V2_MOUNT), null);
});
