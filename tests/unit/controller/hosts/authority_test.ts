import assert from "node:assert/strict";
import { join } from "node:path";
import { openAuthority } from "../../../../controller/hosts/authority.ts";
import { readCertificate } from "../../../../system/certificates.ts";
import { FakeClock } from "../../../fakes/fake_clock.ts";

const DAY = 86_400_000;

async function inDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "muster-ca-" });
  try {
    await test(join(directory, "ca"));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("openAuthority() makes the CA once and renews the controller's certificate after 30 days", () =>
  inDirectory(async (directory) => {
    const clock = new FakeClock();
    const first = await openAuthority(directory, "f1", clock);
    clock.advance(29 * DAY);
    const second = await openAuthority(directory, "f1", clock);
    assert.deepEqual(second.controllerCredentials, first.controllerCredentials);
    clock.advance(2 * DAY);
    const third = await openAuthority(directory, "f1", clock);
    assert.equal(third.caPem, first.caPem);
    assert.notEqual(third.controllerCredentials.certificatePem, first.controllerCredentials.certificatePem);
    const { names, notAfter } = readCertificate(third.controllerCredentials.certificatePem);
    assert.deepEqual(names, ["controller.f1.muster.internal"]);
    assert.equal(notAfter, clock.now() + 90 * DAY);
  }));

Deno.test("openAuthority() keeps its files for the owner alone", () =>
  inDirectory(async (directory) => {
    await openAuthority(directory, "f1", new FakeClock());
    assert.equal((await Deno.stat(directory)).mode! & 0o777, 0o700);
    const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).toSorted();
    assert.deepEqual(names, ["ca.key", "ca.pem", "controller.key", "controller.pem"]);
    for (const name of names) assert.equal((await Deno.stat(join(directory, name))).mode! & 0o777, 0o600);
  }));

Deno.test("openAuthority() makes a half-renewed controller certificate again, and never replaces a broken CA", () =>
  inDirectory(async (directory) => {
    const clock = new FakeClock();
    const first = await openAuthority(directory, "f1", clock);
    const caKey = await Deno.readTextFile(join(directory, "ca.key"));
    await Deno.writeTextFile(join(directory, "controller.key"), caKey);
    const second = await openAuthority(directory, "f1", clock);
    assert.notEqual(second.controllerCredentials.keyPem, caKey);
    assert.equal(second.caPem, first.caPem);
    await Deno.writeTextFile(join(directory, "ca.key"), second.controllerCredentials.keyPem);
    await assert.rejects(openAuthority(directory, "f1", clock), { code: "Conflict" });
    assert.equal(await Deno.readTextFile(join(directory, "ca.pem")), first.caPem);
  }));

Deno.test("openAuthority() refuses a fleet that cannot stand in a name", () =>
  inDirectory(async (directory) => {
    for (const fleet of ["", "A", "a.b", "-a", "a".repeat(64)]) {
      await assert.rejects(openAuthority(directory, fleet, new FakeClock()), { code: "InvalidInput" });
    }
  }));
