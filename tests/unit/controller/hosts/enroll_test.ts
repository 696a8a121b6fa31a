import assert from "node:assert/strict";
import type { Authority } from "../../../../controller/hosts/authority.ts";
import { enrollHost } from "../../../../controller/hosts/enroll.ts";
import { getHost, getHostByName, listHosts, setHostState } from "../../../../controller/store/hosts.ts";
import { hostCertificateName } from "../../../../core/certificate_names.ts";
import { createKeyAndRequest, issueCertificate, readCertificate } from "../../../../system/certificates.ts";
import { FakeClock } from "../../../fakes/fake_clock.ts";
import { FLEET, fleetCertificates } from "../../../fakes/fleet_certificates.ts";
import { aStore } from "../../../builders/a_store.ts";

async function lab() {
  const { authority: pair, controller } = await fleetCertificates();
  const clock = new FakeClock();
  const authority: Authority = {
    fleet: FLEET,
    caPem: pair.certificatePem,
    fingerprint: "",
    controllerName: "controller.f1.muster.internal",
    controllerCredentials: controller,
    signHost: (key, hostId) =>
      issueCertificate({
        authority: pair,
        key,
        name: hostCertificateName(hostId, FLEET),
        kind: "host",
        now: clock.now(),
      }),
  };
  return { store: aStore(), authority, clock };
}

async function newRequest(): Promise<string> {
  return (await createKeyAndRequest()).requestPem;
}

Deno.test("enrollHost() gives the same key the same host, and a certificate of that host's name", async () => {
  const parts = await lab();
  const csr = await newRequest();
  const first = await enrollHost(parts, { name: "spark1", csr });
  const again = await enrollHost(parts, { name: "another", csr });
  assert.equal(again.hostId, first.hostId);
  assert.equal(again.name, "spark1");
  assert.deepEqual(readCertificate(first.certificatePem).names, [hostCertificateName(first.hostId, FLEET)]);
  assert.equal(parts.store.read(listHosts).length, 1);
});

Deno.test("enrollHost() gives a known machine with a new key its former host", async () => {
  const parts = await lab();
  const first = await enrollHost(parts, { name: "spark1", csr: await newRequest(), machine_id: "m1" });
  const again = await enrollHost(parts, { name: "spark1", csr: await newRequest(), machine_id: "m1" });
  assert.equal(again.hostId, first.hostId);
  const stored = parts.store.read((db) => getHost(db, first.hostId));
  assert.deepEqual(
    new Uint8Array(stored!.keySha256),
    new Uint8Array(readCertificate(again.certificatePem).keySha256),
  );
});

Deno.test("enrollHost() adds a number to a name that another host has", async () => {
  const parts = await lab();
  const names = [];
  for (const machine_id of ["m1", "m2", null]) {
    names.push((await enrollHost(parts, { name: "spark", csr: await newRequest(), machine_id })).name);
  }
  assert.deepEqual(names, ["spark", "spark-2", "spark-3"]);
});

Deno.test("enrollHost() refuses a removed host's key, and gives its machine a new host of its name", async () => {
  const parts = await lab();
  const csr = await newRequest();
  const first = await enrollHost(parts, { name: "spark1", csr, machine_id: "m1" });
  await parts.store.write((db) => setHostState(db, first.hostId, "removed"));
  await assert.rejects(enrollHost(parts, { name: "spark1", csr, machine_id: "m1" }), { code: "NotAllowed" });
  const again = await enrollHost(parts, { name: "spark1", csr: await newRequest(), machine_id: "m1" });
  assert.notEqual(again.hostId, first.hostId);
  assert.equal(again.name, "spark1");
  assert.equal(parts.store.read((db) => getHostByName(db, "spark1"))?.id, again.hostId);
  assert.equal(parts.store.read((db) => getHost(db, first.hostId))?.state, "removed");
});

Deno.test("enrollHost() refuses names that are none, and requests that are none", async () => {
  const parts = await lab();
  const csr = await newRequest();
  for (const name of ["", "a b", "../x", "-x", "x".repeat(64), "x\n"]) {
    await assert.rejects(enrollHost(parts, { name, csr }), { code: "InvalidInput" }, name);
  }
  await assert.rejects(enrollHost(parts, { name: "spark1", csr: "no" }), { code: "InvalidInput" });
  assert.deepEqual(parts.store.read(listHosts), []);
});
