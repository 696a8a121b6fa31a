import { Metadata } from "@grpc/grpc-js";
import { messageOf, MusterError } from "../core/errors.ts";
import { CODE_TRAILER, errorCodeOf, grpcStatusOf } from "./status.ts";

/** What the transport sends to end a call: status, words and the exact code. Faults of ours keep their words here. */
export function statusOf(error: unknown): { code: number; details: string; metadata: Metadata } {
  const known = error instanceof MusterError
    ? error
    : new MusterError("Internal", "A fault of the controller");
  const metadata = new Metadata();
  metadata.set(CODE_TRAILER, known.code);
  return { code: grpcStatusOf(known.code), details: known.message, metadata };
}

/** The error a failed call stands for. */
export function errorOfStatus(error: unknown): MusterError {
  if (error instanceof MusterError) return error;
  const status = error as { code?: unknown; details?: unknown; metadata?: Metadata };
  const code = typeof status.code === "number" ? status.code : 13;
  const trailer = status.metadata?.get(CODE_TRAILER)[0];
  const words = typeof status.details === "string" && status.details !== ""
    ? status.details
    : messageOf(error);
  return new MusterError(errorCodeOf(code, typeof trailer === "string" ? trailer : undefined), words, {
    cause: error,
  });
}
