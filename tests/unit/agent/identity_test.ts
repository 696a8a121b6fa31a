import assert from "node:assert/strict";
import { join } from "node:path";
import { type Identity, loadIdentity, saveIdentity } from "../../../agent/identity.ts";

const IDENTITY: Identity = {
  hostId: "h1",
  fleet: "f1",
  controller: "127.0.0.1:7771",
  controllerName: "controller.f1.muster.internal",
  keyPem: "key\n",
  certificatePem: "certificate\n",
  caPem: "ca\n",
  epoch: 3,
};

async function inDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "muster-identity-" });
  try {
    await test(join(directory, "agent", "identity"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("loadIdentity() gives back what saveIdentity() wrote, in files for the owner alone", () =>
  inDirectory(async (directory) => {
    assert.equal(await loadIdentity(directory), null);
    await saveIdentity(directory, IDENTITY);
    assert.deepEqual(await loadIdentity(directory), IDENTITY);
    assert.equal((await Deno.stat(directory)).mode! & 0o777, 0o700);
    for await (const { name } of Deno.readDir(directory)) {
      assert.equal((await Deno.stat(join(directory, name))).mode! & 0o777, 0o600, name);
      assert.doesNotMatch(name, /tmp/);
    }
  }));

Deno.test("loadIdentity() takes a half-written identity for none, and refuses one that is not ours", () =>
  inDirectory(async (directory) => {
    await saveIdentity(directory, IDENTITY);
    await Deno.remove(join(directory, "host.pem"));
    assert.equal(await loadIdentity(directory), null);
    await saveIdentity(directory, IDENTITY);
    for (const text of ["{", "[]", '{"host_id": 1}']) {
      await Deno.writeTextFile(join(directory, "host.json"), text);
      await assert.rejects(loadIdentity(directory), { code: "InvalidInput" }, text);
    }
  }));
