import { EMPTY_SHA256 } from "../core/blob_name.ts";
import type { JobSpec } from "../core/job.ts";
import type { AttemptResult, OutputFile, Usage } from "../core/result.ts";
import type { AttemptRef, EndCause } from "../core/task.ts";
import type {
  AttemptRefMessage,
  BlobMessage,
  EndedMessage,
  JobDescriptionMessage,
  UsageMessage,
} from "./messages.ts";

export { EMPTY_SHA256 };

/** What stands for {@linkcode EMPTY_SHA256} on the wire. */
const NO_BYTES = new Uint8Array(0);
/** EndCause by its number on the wire. */
const CAUSES = ["exit", "timeout", "memory", "killed"] as const satisfies readonly EndCause[];
const NO_USAGE: Usage = { userCpuSeconds: null, systemCpuSeconds: null, maxMemoryBytes: null, source: null };

/** A plain ref of ours; what came off the wire is not kept. */
export function refOf(message: AttemptRefMessage): AttemptRef {
  return { jobId: message.jobId, index: message.index, attempt: message.attempt };
}

/** One word for an attempt, for maps and logs. */
export function refKey(ref: AttemptRef): string {
  return `${ref.jobId}/${ref.index}/${ref.attempt}`;
}

export function hashToBytes(sha256: string): Uint8Array {
  return sha256 === EMPTY_SHA256 ? NO_BYTES : Uint8Array.fromHex(sha256);
}

export function hashFromBytes(sha256: Uint8Array): string {
  return sha256.length === 0 ? EMPTY_SHA256 : sha256.toHex();
}

/** A newer agent's cause that is not known here counts as an end by itself. */
export function causeFromNumber(cause: number): EndCause {
  return CAUSES[cause] ?? "exit";
}

export function causeToNumber(cause: EndCause): number {
  return CAUSES.indexOf(cause);
}

export function resultToMessages(result: AttemptResult): Pick<EndedMessage, "output" | "files" | "usage"> {
  return {
    output: blobToMessage(result.output),
    files: result.files.map((file) => ({ src: file.src, blob: blobToMessage(file), mode: file.mode })),
    usage: usageToMessage(result.usage),
  };
}

export function resultFromMessage(message: EndedMessage): AttemptResult {
  return {
    output: blobFromMessage(message.output),
    files: message.files.map((file): OutputFile => ({
      src: file.src,
      ...blobFromMessage(file.blob),
      mode: file.mode & 0o777,
    })),
    usage: message.usage === null ? NO_USAGE : usageFromMessage(message.usage),
  };
}

/** What a host must know of a job to run its tasks. */
export function jobToMessage(jobId: string, spec: JobSpec): JobDescriptionMessage {
  return {
    jobId,
    jobName: spec.name,
    cpus: spec.resources.cpus,
    memoryBytes: spec.resources.memoryBytes ?? 0,
    gpus: spec.resources.gpus,
    timeoutSeconds: wholeSeconds(spec.timeoutSeconds),
    inPlace: spec.directory.kind === "in_place" ? spec.directory.path : "",
    allResults: spec.results === null,
  };
}

/** The wire knows whole seconds and says 0 for no limit: a shorter limit is one second. */
function wholeSeconds(seconds: number | null): number {
  return seconds === null ? 0 : Math.max(1, Math.ceil(seconds));
}

function blobToMessage(blob: { readonly sha256: string; readonly size: number }): BlobMessage {
  return { sha256: hashToBytes(blob.sha256), size: blob.size };
}

function blobFromMessage(blob: BlobMessage | null): { readonly size: number; readonly sha256: string } {
  return blob === null
    ? { size: 0, sha256: EMPTY_SHA256 }
    : { size: blob.size, sha256: hashFromBytes(blob.sha256) };
}

/** Only what was measured travels. */
function usageToMessage(usage: Usage): UsageMessage {
  const { userCpuSeconds, systemCpuSeconds, maxMemoryBytes, source } = usage;
  return { userCpuSeconds, systemCpuSeconds, maxMemoryBytes, source: source ?? "" };
}

function usageFromMessage(message: UsageMessage): Usage {
  const { userCpuSeconds, systemCpuSeconds, maxMemoryBytes, source } = message;
  return { userCpuSeconds, systemCpuSeconds, maxMemoryBytes, source: source === "" ? null : source };
}
