import assert from "node:assert/strict";
import { join } from "node:path";
import { waitUntil } from "../labs/wait_until.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** `muster …words` under a person's usual umask, which lets everybody read. */
function muster(home: string, words: readonly string[]): Deno.Command {
  return new Deno.Command("/bin/sh", {
    args: ["-c", 'umask 022; exec "$@"', "sh", Deno.execPath(), "run", "-q", "-A", `--config=${CONFIG}`, MAIN]
      .concat(words),
    env: { MUSTER_HOME: home, MUSTER_LISTEN: "127.0.0.1:0", MUSTER_AGENT_LISTEN: "127.0.0.1:0" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/** Each path under `root` with its permission bits in octal. */
function* rights(root: string): Generator<readonly [string, string]> {
  for (const { name, isDirectory } of Deno.readDirSync(root)) {
    const path = join(root, name);
    yield [path, ((Deno.lstatSync(path).mode ?? 0) & 0o777).toString(8)];
    if (isDirectory) yield* rights(path);
  }
}

Deno.test("what a controller and an agent keep under MUSTER_HOME is their owner's alone", async () => {
  const parent = await Deno.makeTempDir();
  const home = join(parent, "home");
  const running = muster(home, ["controller", "start"]).spawn();
  try {
    // Until it answers, `sub` would start another controller, and one of the two would go.
    await waitUntil(async () => (await muster(home, ["controller", "status"]).output()).code === 0, {
      what: "the controller",
      timeoutMs: 60_000,
      intervalMs: 100,
    });
    const shell = "umask; head -c 20000 /dev/zero >large; echo done";
    const done = await waitUntil(async () => {
      const outcome = await muster(home, ["--quiet", "sub", "-n", "words", "--", shell]).output();
      return outcome.code === 0 && outcome;
    }, { what: "the job", timeoutMs: 60_000, intervalMs: 200 });
    assert.equal(done.code, 0);
    const { stdout } = await muster(home, ["logs", "words"]).output();
    assert.equal(new TextDecoder().decode(stdout), "0022\ndone\n", "tasks keep the umask of their user");
    assert.equal(((Deno.statSync(home).mode ?? 0) & 0o777).toString(8), "700");
    const found = new Map(rights(home));
    for (const name of ["muster.db", "muster.db-wal", "muster.db-shm", "api.sock", "lock", "ca/ca.key"]) {
      assert.equal(found.get(join(home, "controller", name)), "600", name);
    }
    // What a task makes has the rights that its user's umask gives; the directory around it keeps others out.
    const open = [...found].filter(([path, mode]) =>
      mode !== "600" && mode !== "700" && !/\/agent\/[^/]+\/tasks\//.test(path)
    );
    assert.deepEqual(open, []);
  } finally {
    running.kill("SIGTERM");
    const { code, stderr } = await running.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    await Deno.remove(parent, { recursive: true });
  }
});
