import type { Instant } from "../../core/time.ts";
import { readCertificate } from "../../system/certificates.ts";
import type { Clock } from "../../system/clock.ts";
import type { Log } from "../../system/log.ts";

const DAY_MS = 86_400_000;
/** Days before its end from which the log speaks of it; a certificate has at least 60 when a controller starts. */
const WARN_DAYS = 30;

export interface CertificateWatchParts {
  readonly certificatePem: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two looks. Default: a day. */
  readonly everyMs?: number;
}

/**
 * Warns once a day that the controller's certificate ends soon: it is renewed at a start, not while the controller
 * runs, and after its end no agent can come back. Returns the way to stop.
 */
export function watchCertificate(
  { certificatePem, clock, log, everyMs = DAY_MS }: CertificateWatchParts,
): () => void {
  const { notAfter } = readCertificate(certificatePem);
  const timer = setInterval(() => {
    const days = daysLeft(notAfter, clock.now());
    if (days < WARN_DAYS) log.warn("start the controller again to renew its certificate", { daysLeft: days });
  }, everyMs);
  Deno.unrefTimer(timer);
  return () => clearInterval(timer);
}

/** Whole days until `notAfter`; 0 once it is over. */
function daysLeft(notAfter: Instant, now: Instant): number {
  return Math.max(0, Math.floor((notAfter - now) / DAY_MS));
}
