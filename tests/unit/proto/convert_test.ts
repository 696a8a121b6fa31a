import assert from "node:assert/strict";
import fc from "fast-check";
import type { HostFacts } from "../../../core/host.ts";
import type { AttemptResult } from "../../../core/result.ts";
import {
  causeFromNumber,
  causeToNumber,
  EMPTY_SHA256,
  hashFromBytes,
  hashToBytes,
  jobToMessage,
  resultFromMessage,
  resultToMessages,
} from "../../../proto/convert.ts";
import { factsFromJson, factsToJson } from "../../../proto/facts.ts";
import { agentMessage, controllerMessage } from "../../../proto/muster.ts";
import { A_GPU, someFacts } from "../../builders/a_host.ts";

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes.toHex());
const figure = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true, noDefaultInfinity: true }));
const plain = { noNullPrototype: true };
const blob = fc.record({ size: fc.nat(), sha256: hash }, plain);

const results: fc.Arbitrary<AttemptResult> = fc.record({
  output: blob,
  files: fc.array(
    fc.record({ src: fc.string(), size: fc.maxSafeNat(), sha256: hash, mode: fc.nat(0o777) }, plain),
  ),
  usage: fc.record({
    userCpuSeconds: figure,
    systemCpuSeconds: figure,
    maxMemoryBytes: fc.option(fc.maxSafeNat()),
    source: fc.option(fc.constantFrom("cgroup2", "times")),
  }, plain),
}, plain);

Deno.test("resultFromMessage() gives back over the wire what resultToMessages() took", () => {
  fc.assert(fc.property(results, (result) => {
    const ended = {
      ref: { jobId: "j", index: 1, attempt: 1 },
      epoch: 1,
      cause: 0,
      exitCode: null,
      ageMs: 0,
      ranMs: 0,
      reason: "",
      ...resultToMessages(result),
    };
    const empty = { started: [], notStarted: [], lost: [], blobs: [] };
    const bytes = agentMessage.encode({ report: { ...empty, ended: [ended] } });
    const decoded = agentMessage.decode(bytes).report!.ended[0]!;
    assert.deepEqual(resultFromMessage(decoded), result);
  }));
});

Deno.test("an exit code of 0 and none at all are told apart", () => {
  const end = (exitCode: number | null) => {
    const ref = { jobId: "j", index: 1, attempt: 1 };
    const ended = [{ ref, exitCode }];
    const message = agentMessage.decode(agentMessage.encode({ report: { ended } as never }));
    return message.report!.ended[0]!.exitCode;
  };
  assert.equal(end(0), 0);
  assert.equal(end(137), 137);
  assert.equal(end(null), null);
});

Deno.test("64-bit numbers are numbers, exact to 2^53", () => {
  for (const offset of [0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const openLog = { ticket: "t", ref: { jobId: "j", index: 1, attempt: 1 }, offset, follow: true };
    assert.equal(controllerMessage.decode(controllerMessage.encode({ openLog })).openLog!.offset, offset);
  }
});

Deno.test("hashToBytes() says the hash of nothing with no bytes", () => {
  assert.equal(hashToBytes(EMPTY_SHA256).length, 0);
  assert.equal(hashFromBytes(new Uint8Array(0)), EMPTY_SHA256);
  fc.assert(fc.property(hash, (name) => assert.equal(hashFromBytes(hashToBytes(name)), name)));
});

Deno.test("causeFromNumber() gives each cause back, and takes one of the future for an end by itself", () => {
  for (const cause of ["exit", "timeout", "memory", "killed"] as const) {
    assert.equal(causeFromNumber(causeToNumber(cause)), cause);
  }
  assert.equal(causeFromNumber(17), "exit");
});

Deno.test("factsFromJson() gives the facts back, and names the field that is wrong", () => {
  const cases: HostFacts[] = [
    someFacts({ gpus: [A_GPU] }),
    someFacts({ disk: null, machineId: null, os: null }),
  ];
  for (const facts of cases) assert.deepEqual(factsFromJson(factsToJson(facts)), facts);
  assert.match(factsToJson(someFacts({ memoryBytes: 16e9 })), /"memory_bytes":16000000000/);
  assert.throws(() => factsFromJson("{"), { code: "InvalidInput", message: /not JSON/ });
  const wrong = JSON.stringify({ ...JSON.parse(factsToJson(someFacts())), cpus: "8" });
  assert.throws(() => factsFromJson(wrong), { code: "InvalidInput", message: /field "cpus"/ });
});

Deno.test("jobToMessage() tells no results, some and all apart, and rounds a short timeout up", () => {
  const spec = {
    name: "n",
    resources: { cpus: 0.5, memoryBytes: 1e9, gpus: 1 },
    directory: { kind: "in_place", path: "/data" },
    results: null,
    timeoutSeconds: 0.2,
  } as unknown as Parameters<typeof jobToMessage>[1];
  const all = jobToMessage("j", spec);
  assert.deepEqual([all.allResults, all.timeoutSeconds, all.inPlace], [true, 1, "/data"]);
  assert.equal(jobToMessage("j", { ...spec, results: [] }).allResults, false);
  assert.equal(jobToMessage("j", { ...spec, timeoutSeconds: null }).timeoutSeconds, 0);
});
