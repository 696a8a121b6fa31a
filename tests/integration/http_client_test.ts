import assert from "node:assert/strict";
import { join } from "node:path";
import { MusterError } from "../../core/errors.ts";
import { type ApiServerOptions, startApi } from "../../controller/api/server.ts";
import { createClient } from "../../clients/typescript/http_client.ts";
import type { Address } from "../../clients/typescript/client.ts";
import { aJob, someCounts } from "../builders/a_job.ts";
import { aHostRecord } from "../builders/a_host.ts";
import { apiLab } from "../labs/api_lab.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { fleetCertificates } from "../fakes/fleet_certificates.ts";
import { certificateFingerprint } from "../../system/certificates.ts";

/** The lab's app on a free port and a socket in a directory of its own. */
async function served(lab: ReturnType<typeof apiLab>, options: Partial<ApiServerOptions> = {}) {
  const directory = await Deno.makeTempDir();
  const socketPath = join(directory, "controller", "api.sock");
  const start = (port: number) =>
    startApi({ app: lab.app, listen: { hostname: "127.0.0.1", port }, socketPath, ...options });
  let server = await start(0);
  return {
    socketPath,
    url: server.url,
    port: server.port,
    stop: () => server.stop(),
    restart: async () => void (server = await start(server.port)),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** A controller's credentials, its chain with the authority's at the end. */
async function aFleet() {
  const { authority, controller } = await fleetCertificates();
  return {
    key: controller.keyPem,
    certificate: `${controller.certificatePem}\n${authority.certificatePem}`,
    ca: authority.certificatePem,
    fingerprint: certificateFingerprint(authority.certificatePem),
  };
}

async function fails(action: Promise<unknown>, code: string): Promise<MusterError> {
  const error = await action.then(() => null, (error) => error);
  assert.ok(error instanceof MusterError, String(error));
  assert.equal(error.code, code);
  return error;
}

const TRUE = { command: { argv: ["true"] } };

Deno.test("createClient() does every call over the socket, HTTP and HTTPS", async (t) => {
  using lab = apiLab();
  const tls = await aFleet();
  await using plain = await served(lab);
  await using secured = await served(lab, { tls, hostNames: ["controller.f1.muster.internal"] });
  lab.hosts.push(aHostRecord());
  lab.sample("h1", { at: 1_000, cpuUsed: 1.5, memoryUsedBytes: 2e9, gpus: [] });
  const token = await lab.token("owner");
  const addresses: Address[] = [
    { kind: "socket", path: plain.socketPath },
    { kind: "http", url: plain.url, token },
    { kind: "https", url: secured.url, token, ca: tls.ca, serverName: "controller.f1.muster.internal" },
  ];
  for (const address of addresses) {
    await t.step(address.kind, async () => {
      const client = createClient(address);
      const name = `job-${address.kind}`;
      assert.deepEqual(await client.health(), { ok: true, version: "1.2.3" });
      assert.equal((await client.status()).fleet, "f1");
      assert.equal((await client.submit({ ...TRUE, name })).name, name);
      assert.equal((await client.preview({ ...TRUE, seq: 5 })).total, 5);
      assert.equal((await client.jobs({ name })).items.length, 1);
      assert.equal((await client.job(name)).retries, 0);
      assert.equal((await client.kill(name)).killed, 2);
      assert.equal((await client.reset(name, {})).reset, 3);
      assert.deepEqual((await client.tasks(name)).items, []);
      await client.deleteJob(name);
      const created = await client.createToken({ name });
      assert.ok((await client.tokens()).items.some(({ id }) => id === created.id));
      await client.revokeToken(created.id);
      const bytes = new TextEncoder().encode(`large ${name}`.repeat(100_000));
      const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
      await client.putBlob(sha256, new Blob([bytes]).stream());
      assert.equal(lab.blobs.size(sha256), bytes.byteLength);
      assert.ok((await new Response(await client.files(name)).bytes()).byteLength >= 1024);
      assert.deepEqual((await client.hosts()).items, [await client.host("h1")]);
      await fails(client.task(name, 7), "NotFound");
      await fails(client.host("none"), "NotFound");
      for await (const sample of client.watchSamples("spark-1")) {
        assert.equal(sample.cpu_used, 1.5);
        break;
      }
      client.close();
    });
  }
});

Deno.test("createClient() passes on the controller's code, message and hint", async () => {
  using lab = apiLab();
  await using server = await served(lab);
  const client = createClient({ kind: "http", url: server.url, token: "muster_wrong" });
  const error = await fails(client.status(), "Unauthenticated");
  assert.match(error.message, /not one of this controller's/);
  assert.match(error.hint ?? "", /muster token create/);
  client.close();
});

Deno.test("createClient() says where nobody answers, and what to do", async () => {
  const port = await freePort();
  const client = createClient({ kind: "http", url: `http://127.0.0.1:${port}`, token: "t" });
  const error = await fails(client.status(), "Unreachable");
  assert.match(
    error.message,
    /^Cannot reach the controller at "http:\/\/127\.0\.0\.1:\d+": the connection was refused$/,
  );
  client.close();
  const socket = createClient({ kind: "socket", path: "/nowhere/api.sock" });
  const missing = await fails(socket.status(), "Unreachable");
  assert.match(missing.message, /"\/nowhere\/api\.sock": there is no such socket$/);
  assert.match(missing.hint ?? "", /muster controller start/);
  socket.close();
});

async function freePort(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return await Promise.resolve(port);
}

Deno.test("an https client refuses another name and another authority, and sends them no token", async () => {
  using lab = apiLab();
  const tls = await aFleet();
  await using server = await served(lab, { tls, hostNames: ["controller.f1.muster.internal"] });
  const good = { kind: "https", url: server.url, token: "t", ca: tls.ca } as const;
  const otherName = createClient({ ...good, serverName: "controller.f2.muster.internal" });
  await fails(otherName.health(), "Unreachable");
  const otherCa = (await aFleet()).ca;
  const otherAuthority = createClient({ ...good, ca: otherCa, serverName: "controller.f1.muster.internal" });
  await fails(otherAuthority.health(), "Unreachable");
  otherName.close();
  otherAuthority.close();
});

Deno.test("submit() tries again with one key until the controller answers, and makes one job", async () => {
  using lab = apiLab();
  await using server = await served(lab);
  const client = createClient({ kind: "socket", path: server.socketPath });
  await server.stop();
  const submitted = client.submit(TRUE);
  await server.restart();
  assert.equal((await submitted).id, "job1");
  assert.equal(lab.jobs.length, 1);
  client.close();
});

Deno.test("watchJob() goes on after a restart and ends with the job", async () => {
  using lab = apiLab();
  await using server = await served(lab);
  const job = aJob();
  lab.jobs.push(job);
  const client = createClient({ kind: "socket", path: server.socketPath });
  const watch = client.watchJob("words")[Symbol.asyncIterator]();
  assert.equal((await watch.next()).value?.state, "pending");
  await server.stop();
  await server.restart();
  assert.equal((await watch.next()).value?.state, "pending");
  lab.change({ ...job, counts: someCounts({ failed: 2 }), endedAt: 9 });
  assert.equal((await watch.next()).value?.state, "failed");
  assert.equal((await watch.next()).done, true);
  client.close();
});

Deno.test("events() goes on after the last one seen when the line is lost", async () => {
  using lab = apiLab();
  await using server = await served(lab);
  const event = (seq: number) => ({
    seq,
    at: 1,
    kind: "k",
    jobId: null,
    index: null,
    hostId: null,
    data: {},
  });
  lab.record(event(1));
  const client = createClient({ kind: "socket", path: server.socketPath });
  const events = client.events({ since: 0 })[Symbol.asyncIterator]();
  assert.equal((await events.next()).value?.seq, 1);
  await server.stop();
  lab.record(event(2));
  await server.restart();
  assert.equal((await events.next()).value?.seq, 2);
  await events.return?.();
  client.close();
  await waitUntil(() => lab.watchers() === 0);
});

Deno.test("a stream that the caller leaves or aborts ends at the controller too", async () => {
  using lab = apiLab();
  await using server = await served(lab);
  lab.jobs.push(aJob());
  const client = createClient({ kind: "http", url: server.url, token: await lab.token("read") });
  const aborted = new AbortController();
  const left = client.watchJob("words")[Symbol.asyncIterator]();
  const cut = client.watchJob("words", { signal: aborted.signal })[Symbol.asyncIterator]();
  await left.next();
  await cut.next();
  const next = cut.next();
  aborted.abort(new Error("enough"));
  await assert.rejects(next, /enough/);
  await left.return?.();
  await waitUntil(() => lab.watchers() === 0);
  client.close();
});

Deno.test("startApi() guards its socket, replaces a stale one and removes it", async () => {
  using lab = apiLab();
  const directory = await Deno.makeTempDir();
  const socketPath = join(directory, "controller", "api.sock");
  await Deno.mkdir(join(directory, "controller"), { mode: 0o755 });
  await Deno.writeTextFile(socketPath, "stale");
  const server = await startApi({ app: lab.app, listen: { hostname: "127.0.0.1", port: 0 }, socketPath });
  assert.equal((await Deno.stat(socketPath)).mode! & 0o777, 0o600);
  assert.equal((await Deno.stat(join(directory, "controller"))).mode! & 0o777, 0o700);
  const taken = startApi({
    app: lab.app,
    listen: { hostname: "127.0.0.1", port: server.port },
    socketPath: join(directory, "other.sock"),
  });
  const error = await fails(taken, "Conflict");
  assert.match(error.message, /the port is taken/);
  await server.stop();
  await assert.rejects(Deno.stat(socketPath), Deno.errors.NotFound);
  await Deno.remove(directory, { recursive: true });
});

Deno.test("startApi() refuses plain HTTP on any address but loopback", async () => {
  using lab = apiLab();
  for (const hostname of ["0.0.0.0", "10.1.2.3", "::"]) {
    const options = { app: lab.app, listen: { hostname, port: 0 }, socketPath: "/nowhere/api.sock" };
    assert.match((await fails(startApi(options), "InvalidInput")).message, /needs TLS/);
  }
});

Deno.test("stop() of startApi() ends open streams at once", async () => {
  using lab = apiLab();
  await using server = await served(lab);
  lab.jobs.push(aJob());
  const response = await fetch(`${server.url}/api/v1/jobs/words/watch`, {
    headers: { authorization: `Bearer ${await lab.token("read")}` },
  });
  const begun = performance.now();
  await server.stop();
  await response.body?.cancel();
  assert.ok(performance.now() - begun < 1000);
});
