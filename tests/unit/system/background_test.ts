import assert from "node:assert/strict";
import { join } from "node:path";
import { startInBackground } from "../../../system/background.ts";

Deno.test("startInBackground() starts a session of its own whose output goes to the log", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const log = join(directory, "logs", "controller.log");
    const script =
      "read -r line; echo \"in=[$line] cwd=$(pwd)\"; echo wrong >&2; cut -d' ' -f6 /proc/$$/stat; exit 3";
    const child = startInBackground(["/bin/sh", "-c", script], log);
    assert.deepEqual(await kept(child.ended), { code: 3, words: "it ended with code 3" });
    assert.equal(await Deno.readTextFile(log), `in=[] cwd=/\nwrong\n${child.pid}\n`);
    assert.equal((await Deno.stat(log)).mode! & 0o777, 0o600);
    await kept(startInBackground(["/bin/echo", "more"], log).ended);
    assert.match(await Deno.readTextFile(log), /\nmore\n$/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("startInBackground() says that a program is not there", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const { ended } = startInBackground(["/nonexistent/program"], join(directory, "log"));
    const { code, words } = await kept(ended);
    assert.equal(code, null);
    assert.match(words, /^it did not begin: .*ENOENT/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

/** The child does not keep this process alive: a timer does, while the test waits for it. */
async function kept<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, 1_000);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}
