import assert from "node:assert/strict";
import type { Identity } from "../../agent/identity.ts";
import { factsToJson } from "../../proto/facts.ts";
import { type ControllerConnection, dialController } from "../../proto/grpc_client.ts";
import type { AgentMessage, ControllerMessage } from "../../proto/messages.ts";
import { sha256Of } from "../fakes/recording_work.ts";
import { someFacts } from "../builders/a_host.ts";
import { type WireLab, wireLab } from "../labs/wire_lab.ts";

function dial(identity: Identity): ControllerConnection {
  return dialController({ ...identity, address: identity.controller, serverName: identity.controllerName });
}

const REGISTER = {
  agentVersion: "9",
  protocols: [1],
  epoch: 0,
  factsJson: factsToJson(someFacts()),
  held: [],
};

/** What the controller answers to these messages until it ends the session. */
async function answers(lab: WireLab, messages: readonly unknown[]): Promise<(string | undefined)[]> {
  const connection = dial(await lab.enroll("spark1"));
  try {
    const stream = connection.session();
    const seen: ControllerMessage[] = [];
    stream.onMessage((message) => seen.push(message));
    for (const message of messages) stream.send(message as Partial<AgentMessage>);
    const error = await stream.closed;
    return [...seen.map((message) => message.refused?.code ?? message.message), error?.code];
  } finally {
    connection.close();
  }
}

Deno.test("a session that does not begin as it should is refused with its reason", async () => {
  await using lab = await wireLab();
  const cases: [string, unknown, string][] = [
    ["a heartbeat first", { heartbeat: { refusing: "" } }, "InvalidInput"],
    ["nothing at all", {}, "InvalidInput"],
    ["no common version", { register: { ...REGISTER, protocols: [99] } }, "Conflict"],
    ["facts that are none", { register: { ...REGISTER, factsJson: "{}" } }, "InvalidInput"],
  ];
  for (const [name, message, code] of cases) {
    assert.deepEqual(await answers(lab, [message]), [code, code], name);
  }
  assert.deepEqual(lab.fleet.connected(), []);
  assert.deepEqual(lab.queue.registered, []);
});

Deno.test("a report that names no attempt ends its session and no other", async () => {
  await using lab = await wireLab();
  const other = lab.agent(await lab.enroll("other"));
  await other.session.welcomed;
  const seen = await answers(lab, [{ register: REGISTER }, { report: { ended: [{ epoch: 1 }] } }]);
  assert.equal(seen.at(-1), "Internal");
  assert.equal(other.session.isConnected, true);
  assert.equal(lab.queue.reports.length, 0);
});

Deno.test("PutBlob answers for a blob that is there before all is sent, and refuses one without a name", async () => {
  await using lab = await wireLab();
  const connection = dial(await lab.enroll("spark1"));
  try {
    const { signal } = new AbortController();
    const bytes = new Uint8Array(100_000).fill(3);
    const name = Uint8Array.fromHex(sha256Of(bytes));
    const once = async function* () {
      yield { sha256: name, data: bytes };
    };
    let isStopped = false;
    const endless = async function* (stop: AbortSignal) {
      yield { sha256: name };
      while (!stop.aborted) {
        yield { data: new Uint8Array(65_536) };
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      isStopped = true;
    };
    assert.deepEqual({ ...await connection.putBlob(once, signal) }, { existed: false });
    assert.deepEqual({ ...await connection.putBlob(endless, signal) }, { existed: true });
    assert.ok(isStopped);
    const nameless = async function* () {
      yield { data: bytes };
    };
    await assert.rejects(connection.putBlob(nameless, signal), { code: "InvalidInput" });
    const back: number[] = [];
    for await (const chunk of connection.getBlob(name, signal)) back.push(chunk.length);
    assert.equal(back.reduce((sum, size) => sum + size, 0), 100_000);
    await assert.rejects(Array.fromAsync(connection.getBlob(new Uint8Array(32), signal)), {
      code: "NotFound",
    });
  } finally {
    connection.close();
  }
});

Deno.test("PutLog with a ticket that nobody waits for is refused", async () => {
  await using lab = await wireLab();
  const connection = dial(await lab.enroll("spark1"));
  const putLog = connection.putLog(async function* () {
    yield { ticket: "no such ticket", data: new Uint8Array(1) };
  }, new AbortController().signal);
  await assert.rejects(putLog, { code: "NotFound" });
  connection.close();
});
