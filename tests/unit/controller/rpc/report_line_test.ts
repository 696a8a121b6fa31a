import assert from "node:assert/strict";
import type { HostReport, ReportOutcome } from "../../../../controller/jobs/queue.ts";
import { ReportLine } from "../../../../controller/rpc/report_line.ts";
import type { ReportMessage } from "../../../../proto/messages.ts";
import { sha256Of } from "../../../fakes/recording_work.ts";

function lost(index: number): ReportMessage {
  const unheld = { ref: { jobId: "j", index, attempt: 1 }, reason: "gone" };
  return { started: [], ended: [], notStarted: [], lost: [unheld], blobs: [] };
}

function lab(observe: (report: HostReport) => Promise<ReportOutcome>) {
  const failures: unknown[] = [];
  const holds: boolean[] = [];
  const line = new ReportLine({
    observe,
    acknowledge: () => {},
    failed: (error) => failures.push(error),
    hold: (isHeld) => holds.push(isHeld),
  });
  return { line, failures, holds };
}

Deno.test("ReportLine observes one report at a time, the rest merged in their order", async () => {
  const seen: number[][] = [];
  let atOnce = 0;
  const { line } = lab(async (report) => {
    assert.equal(++atOnce, 1);
    seen.push(report.lost.map(({ ref }) => ref.index));
    await Promise.resolve();
    atOnce -= 1;
    return { ack: [], missing: [] };
  });
  for (let index = 1; index <= 5; index++) line.add(lost(index), 0);
  await line.settled();
  assert.deepEqual(seen, [[1], [2, 3, 4, 5]]);
});

Deno.test("ReportLine tells a failed observe once and drops what waited: the host says it again", async () => {
  const { line, failures } = lab(() => Promise.reject(new Error("disk")));
  line.add(lost(1), 0);
  line.add(lost(2), 0);
  await line.settled();
  assert.equal(failures.length, 1);
});

Deno.test("ReportLine holds back a host that is too fast, and lets it go on", async () => {
  const gate = Promise.withResolvers<void>();
  const { line, holds } = lab(async () => {
    await gate.promise;
    return { ack: [], missing: [] };
  });
  const data = new Uint8Array(16_000);
  const sha256 = Uint8Array.fromHex(sha256Of(data));
  line.add(lost(1), 0);
  const blobs = Array.from({ length: 600 }, () => ({ sha256, data }));
  for (let count = 0; count < 3; count++) line.add({ ...lost(2), blobs }, 0);
  assert.deepEqual(holds, [true]);
  gate.resolve();
  await line.settled();
  assert.deepEqual(holds, [true, false]);
});

Deno.test("ReportLine leaves out blobs whose bytes are not their name's, or that are too large", async () => {
  const seen: string[] = [];
  const { line } = lab((report) => {
    for (const blob of report.blobs) seen.push(blob.sha256.toHex());
    return Promise.resolve({ ack: [], missing: [] });
  });
  const named = (data: Uint8Array) => ({ sha256: Uint8Array.fromHex(sha256Of(data)), data });
  const good = named(new Uint8Array(16_384));
  const forged = { ...named(new Uint8Array([1])), data: new Uint8Array([2]) };
  line.add({ ...lost(1), blobs: [forged, good, named(new Uint8Array(16_385))] }, 0);
  await line.settled();
  assert.deepEqual(seen, [good.sha256.toHex()]);
});
