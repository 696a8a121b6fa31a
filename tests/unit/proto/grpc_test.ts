import assert from "node:assert/strict";
import { connect } from "node:tls";
import { controllerCertificateName, hostCertificateName } from "../../../core/certificate_names.ts";
import { MusterError } from "../../../core/errors.ts";
import { type ControllerConnection, dialController } from "../../../proto/grpc_client.ts";
import { type ControllerCalls, startGrpcServer } from "../../../proto/grpc_server.ts";
import type { AgentMessage, ControllerMessage } from "../../../proto/messages.ts";
import { type KeyPair, readCertificate } from "../../../system/certificates.ts";
import { LIMITS } from "../../../proto/transport.ts";
import { waitUntil } from "../../labs/wait_until.ts";
import { FLEET, type FleetCertificates, fleetCertificates } from "../../fakes/fleet_certificates.ts";

const DAY = 86_400_000;
const NAME = controllerCertificateName(FLEET);

const refuseAll: ControllerCalls = {
  session: () => {
    throw new MusterError("NotAllowed", "No sessions here");
  },
  putLog: () => Promise.reject(new MusterError("Gone", "No logs here")),
  putBlob: () => Promise.reject(new Error("a fault")),
  getBlob: () => {
    throw new MusterError("NotFound", "No blobs here");
  },
};

interface Lab extends AsyncDisposable {
  readonly port: number;
  readonly certificates: FleetCertificates;
  readonly faults: unknown[];
  dial(pair: KeyPair, options?: { serverName?: string; caPem?: string }): ControllerConnection;
}

async function lab(calls: Partial<ControllerCalls>, certificates?: FleetCertificates): Promise<Lab> {
  const fleet = certificates ?? await fleetCertificates();
  const faults: unknown[] = [];
  const server = await startGrpcServer({
    listen: { hostname: "127.0.0.1", port: 0 },
    caPem: fleet.authority.certificatePem,
    ...fleet.controller,
    calls: { ...refuseAll, ...calls },
    onFault: (error) => faults.push(error),
  });
  const connections: ControllerConnection[] = [];
  return {
    port: server.port,
    certificates: fleet,
    faults,
    dial: (pair, options = {}) => {
      const connection = dialController({
        address: `127.0.0.1:${server.port}`,
        serverName: options.serverName ?? NAME,
        caPem: options.caPem ?? fleet.authority.certificatePem,
        ...pair,
      });
      connections.push(connection);
      return connection;
    },
    [Symbol.asyncDispose]: async () => {
      for (const connection of connections) connection.close();
      await server.stop();
    },
  };
}

const echo: Partial<ControllerCalls> = {
  session: (peer, stream) =>
    stream.onMessage((message) =>
      stream.send({
        refused: {
          code: message.register?.agentVersion ?? "?",
          message: readCertificate(peer.certificate).names.join(),
        },
      })
    ),
};

function ask(connection: ControllerConnection): Promise<ControllerMessage | MusterError | null> {
  const stream = connection.session();
  return new Promise((resolve) => {
    stream.onMessage(resolve);
    void stream.closed.then(resolve);
    stream.send({ register: { agentVersion: "0.1.0" } } as Partial<AgentMessage>);
  });
}

Deno.test("startGrpcServer() hands a call on with the name in the caller's certificate", async () => {
  await using fleet = await lab(echo);
  const answer = await ask(fleet.dial(await fleet.certificates.host("h1")));
  assert.ok(answer !== null && !(answer instanceof MusterError));
  assert.deepEqual({ ...answer.refused }, { code: "0.1.0", message: hostCertificateName("h1", FLEET) });
});

Deno.test("startGrpcServer() refuses certificates of another CA, expired, not yet valid, and no host's", async () => {
  await using fleet = await lab(echo);
  const other = await fleetCertificates();
  const { certificates } = fleet;
  const cases: Record<string, KeyPair> = {
    "other CA": await other.host("h1"),
    expired: await certificates.host("h1", { now: Date.now() - 91 * DAY }),
    "not yet valid": await certificates.host("h1", { now: Date.now() + 8 * DAY }),
    "a controller's": certificates.controller,
  };
  for (const [name, pair] of Object.entries(cases)) {
    const answer = await ask(fleet.dial(pair));
    assert.ok(answer instanceof MusterError, `${name}: ${JSON.stringify(answer)}`);
    assert.equal(answer.code, "Unreachable", name);
  }
});

Deno.test("dialController() refuses a controller of another name, and one of another CA", async () => {
  await using fleet = await lab(echo);
  const other = await fleetCertificates();
  const pair = await fleet.certificates.host("h1");
  const cases = [
    { serverName: controllerCertificateName("f2") },
    { serverName: "127.0.0.1" },
    { caPem: other.authority.certificatePem },
  ];
  for (const options of cases) {
    const answer = await ask(fleet.dial(pair, options));
    assert.ok(answer instanceof MusterError, JSON.stringify(options));
    assert.equal(answer.code, "Unreachable");
  }
});

Deno.test("dialController() refuses a listener that shows a host's certificate", async () => {
  const certificates = await fleetCertificates();
  const impostor = { ...certificates, controller: await certificates.host("h1", { name: NAME }) };
  await using fleet = await lab(echo, impostor);
  const answer = await ask(fleet.dial(await certificates.host("h2")));
  assert.ok(answer instanceof MusterError);
});

Deno.test("startGrpcServer() refuses a caller without a certificate, and TLS 1.2", async () => {
  await using fleet = await lab(echo);
  const pair = await fleet.certificates.host("h1");
  const own = { cert: pair.certificatePem, key: pair.keyPem };
  assert.equal(await handshake(fleet, own), "TLSv1.3");
  assert.notEqual(await handshake(fleet, {}), "TLSv1.3");
  assert.match(await handshake(fleet, { ...own, maxVersion: "TLSv1.2" }), /refused/);
});

Deno.test("startGrpcServer() lets 256 callers stand at the door and turns the next away, until they are gone", async () => {
  await using fleet = await lab(echo);
  const strangers: Deno.Conn[] = [];
  for (let count = 0; count < LIMITS.strangers; count++) {
    strangers.push(await Deno.connect({ hostname: "127.0.0.1", port: fleet.port }));
  }
  const pair = await fleet.certificates.host("h1");
  // All of them are in the listener's count once one of ours is turned away.
  await waitUntil(async () => await ask(fleet.dial(pair)) instanceof MusterError);
  for (const stranger of strangers) stranger.close();
  await waitUntil(async () => !(await ask(fleet.dial(pair)) instanceof MusterError));
});

/** The version agreed on after a byte from the server, or how it was refused. */
function handshake(
  fleet: Lab,
  options: { cert?: string; key?: string; maxVersion?: "TLSv1.2" },
): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({
      host: "127.0.0.1",
      port: fleet.port,
      servername: NAME,
      ca: fleet.certificates.authority.certificatePem,
      ALPNProtocols: ["h2"],
      ...options,
    });
    socket.on("secureConnect", () => socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"));
    socket.on("data", () => done(socket.getProtocol() ?? "none"));
    socket.on("error", (error) => done(`refused: ${error.message}`));
    socket.on("close", () => done("refused: closed"));
    function done(result: string) {
      resolve(result);
      socket.destroy();
    }
  });
}

Deno.test("a call that fails gives the caller the code it was thrown with, and nothing of a fault", async () => {
  await using fleet = await lab({});
  const connection = fleet.dial(await fleet.certificates.host("h1"));
  const { signal } = new AbortController();
  const none = async function* () {};
  await assert.rejects(connection.putLog(none, signal), { code: "Gone", message: "No logs here" });
  await assert.rejects(connection.putBlob(none, signal), (error: MusterError) => {
    assert.equal(error.code, "Internal");
    assert.doesNotMatch(error.message, /a fault$/);
    return true;
  });
  assert.equal(fleet.faults.length, 1);
  await assert.rejects(Array.fromAsync(connection.getBlob(new Uint8Array(32), signal)), { code: "NotFound" });
  const answer = await ask(connection);
  assert.ok(answer instanceof MusterError);
  assert.equal(answer.code, "NotAllowed");
});

Deno.test("a stream is closed on both ends within a second of a cut line", async () => {
  let over: Promise<MusterError | null> | null = null;
  await using fleet = await lab({
    session: (_peer, stream) => {
      over = stream.closed;
      stream.onMessage(() => stream.send({ watch: { samples: true } }));
    },
  });
  const connection = fleet.dial(await fleet.certificates.host("h1"));
  const stream = connection.session();
  await new Promise((resolve) => {
    stream.onMessage(resolve);
    stream.send({ heartbeat: null });
  });
  const cutAt = performance.now();
  stream.end(new MusterError("Interrupted", "cut"));
  connection.close();
  await over!;
  assert.ok((await stream.closed) instanceof MusterError);
  assert.ok(performance.now() - cutAt < 1000);
});
