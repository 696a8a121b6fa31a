import assert from "node:assert/strict";
import { watchCertificate } from "../../../../controller/hosts/certificate_watch.ts";
import { type LogFields, silentLog } from "../../../../system/log.ts";
import { FakeClock } from "../../../fakes/fake_clock.ts";
import { fleetCertificates } from "../../../fakes/fleet_certificates.ts";
import { waitUntil } from "../../../labs/wait_until.ts";

const DAY_MS = 86_400_000;

Deno.test("watchCertificate() warns in the last 30 days of the controller's certificate, and not before", async () => {
  const clock = new FakeClock();
  const { controller } = await fleetCertificates(clock.now());
  const warnings: unknown[] = [];
  const log = { ...silentLog, warn: (_: string, fields?: LogFields) => void warnings.push(fields?.daysLeft) };
  let looks = 0;
  const counting = { now: () => (looks++, clock.now()), monotonicMs: () => clock.monotonicMs() };
  const stop = watchCertificate({
    certificatePem: controller.certificatePem,
    clock: counting,
    log,
    everyMs: 1,
  });
  try {
    clock.advance(60 * DAY_MS - 1);
    await waitUntil(() => looks >= 3, { what: "looks" });
    assert.equal(warnings.length, 0);
    clock.advance(DAY_MS);
    await waitUntil(() => warnings.length > 0, { what: "a warning" });
    assert.equal(warnings[0], 29);
    clock.advance(90 * DAY_MS);
    await waitUntil(() => warnings.includes(0), { what: "its end" });
  } finally {
    stop();
  }
});
