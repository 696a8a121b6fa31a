import assert from "node:assert/strict";
import { loginEnvironment } from "../../../agent/login_environment.ts";
import { silentLog } from "../../../system/log.ts";
import { waitUntil } from "../../labs/wait_until.ts";

/** The environment that a login shell of this text gives. */
async function withShell(
  script: string,
  patienceMs = 5000,
  profile = "",
): Promise<Record<string, string>> {
  const home = await Deno.makeTempDir();
  const shell = `${home}/shell`;
  await Deno.writeTextFile(shell, script, { mode: 0o700 });
  await Deno.writeTextFile(`${home}/.profile`, profile);
  try {
    return await loginEnvironment({ name: "ada", home, shell }, silentLog, patienceMs);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("loginEnvironment() takes what the profile sets, noise or not", async () => {
  const profile = 'echo Hello; export PATH="/opt/bin:$PATH" NEW="a\nb"';
  const env = await withShell('#!/bin/sh\necho Welcome\nexec /bin/sh "$@"\n', 5000, profile);
  assert.equal(env["NEW"], "a\nb");
  assert.match(env["PATH"]!, /^\/opt\/bin:\/usr/);
  assert.equal(env["USER"], "ada");
});

Deno.test("loginEnvironment() holds nothing of our own environment", async () => {
  Deno.env.set("AGENT_SECRET", "x");
  assert.equal((await withShell('#!/bin/sh\nexec /bin/sh "$@"\n'))["AGENT_SECRET"], undefined);
  Deno.env.delete("AGENT_SECRET");
});

Deno.test("loginEnvironment() falls back on shells that hang, fail, say nothing or do not exist", async () => {
  for (
    const script of [
      "#!/bin/sh\nsleep 30\n",
      "#!/bin/sh\nexit 1\n",
      "#!/bin/sh\necho 'This account is closed'\n",
      "#!/no/such\n",
    ]
  ) {
    const env = await withShell(script, 300);
    assert.match(env["PATH"]!, /\/usr\/bin/, script);
    assert.equal(env["USER"], "ada");
  }
});

Deno.test("loginEnvironment() does not wait for what a profile leaves in the background", async () => {
  const began = performance.now();
  const env = await withShell('#!/bin/sh\nsleep 3 &\nNEW=1; export NEW\nexec /bin/sh "$@"\n');
  assert.equal(env["NEW"], "1");
  assert.ok(performance.now() - began < 2500);
});

Deno.test("loginEnvironment() lets a profile that takes too long clean up", async () => {
  const lock = await Deno.makeTempFile();
  await withShell(`#!/bin/bash\ntrap 'rm ${lock}' EXIT\nsleep 30\n`, 300);
  await waitUntil(() => Deno.stat(lock).then(() => false, () => true), { what: "the profile's lock to go" });
});
