/**
 * The messages of muster/v1/controller.proto as decoding gives them: 64-bit numbers as numbers (exact to 2^53),
 * absent messages as null, absent lists empty. Encoding takes the same shapes with any field left out.
 */

export interface AttemptRefMessage {
  jobId: string;
  index: number;
  attempt: number;
}

/** One of the fields is set; `message` names it. */
export interface AgentMessage {
  readonly message?: "register" | "heartbeat" | "report";
  register?: RegisterMessage | null;
  heartbeat?: HeartbeatMessage | null;
  report?: ReportMessage | null;
}

export interface RegisterMessage {
  agentVersion: string;
  protocols: number[];
  epoch: number;
  factsJson: string;
  held: HeldAttemptMessage[];
}

export interface HeldAttemptMessage {
  ref: AttemptRefMessage;
  epoch: number;
  started: boolean;
  ageMs: number;
}

export interface HeartbeatMessage {
  diskFreeBytes: number;
  refusing: string;
  sample: SampleMessage | null;
}

export interface SampleMessage {
  cpuUsed: number;
  memoryUsedBytes: number;
  gpus: { index: number; utilization?: number | null; memoryUsedBytes?: number | null }[];
}

export interface ReportMessage {
  started: StartedMessage[];
  ended: EndedMessage[];
  notStarted: NotHeldMessage[];
  lost: NotHeldMessage[];
  blobs: InlineBlobMessage[];
}

export interface StartedMessage {
  ref: AttemptRefMessage;
  ageMs: number;
}

export interface EndedMessage {
  ref: AttemptRefMessage;
  epoch: number;
  cause: number;
  exitCode: number | null;
  ageMs: number;
  ranMs: number;
  reason: string;
  output: BlobMessage | null;
  files: { src: string; blob: BlobMessage | null; mode: number }[];
  usage: UsageMessage | null;
}

export interface BlobMessage {
  sha256: Uint8Array;
  size: number;
}

export interface UsageMessage {
  userCpuSeconds: number | null;
  systemCpuSeconds: number | null;
  maxMemoryBytes: number | null;
  source: string;
}

export interface NotHeldMessage {
  ref: AttemptRefMessage;
  reason: string;
}

export interface InlineBlobMessage {
  sha256: Uint8Array;
  data: Uint8Array;
}

/** One of the fields is set; `message` names it. */
export interface ControllerMessage {
  readonly message?: "welcome" | "assign" | "kill" | "ack" | "openLog" | "watch" | "refused";
  welcome?: WelcomeMessage | null;
  assign?: AssignMessage | null;
  kill?: KillMessage | null;
  ack?: AckMessage | null;
  openLog?: OpenLogMessage | null;
  watch?: WatchMessage | null;
  refused?: RefusedMessage | null;
}

export interface WelcomeMessage {
  protocol: number;
  epoch: number;
  heartbeatSeconds: number;
  drop: AttemptRefMessage[];
  controllerVersion: string;
}

export interface RefusedMessage {
  code: string;
  message: string;
}

export interface AssignMessage {
  epoch: number;
  jobs: JobDescriptionMessage[];
  tasks: TaskAssignmentMessage[];
}

export interface JobDescriptionMessage {
  jobId: string;
  jobName: string;
  cpus: number;
  memoryBytes: number;
  gpus: number;
  timeoutSeconds: number;
  inPlace: string;
  allResults: boolean;
}

export interface TaskAssignmentMessage {
  ref: AttemptRefMessage;
  argv: string[];
  shell: string;
  env: Record<string, string>;
  results: string[];
}

export interface KillMessage {
  refs: AttemptRefMessage[];
  graceSeconds: number;
}

export interface AckMessage {
  refs: AttemptRefMessage[];
  missing: { ref: AttemptRefMessage; sha256: Uint8Array[] }[];
}

export interface OpenLogMessage {
  ticket: string;
  ref: AttemptRefMessage;
  offset: number;
  follow: boolean;
}

export interface WatchMessage {
  samples: boolean;
}

export interface LogChunkMessage {
  ticket: string;
  data: Uint8Array;
  error: string;
}

export type PutLogReplyMessage = Record<string, never>;

export interface BlobChunkMessage {
  sha256: Uint8Array;
  data: Uint8Array;
  size: number;
}

export interface PutBlobReplyMessage {
  existed: boolean;
}

export interface GetBlobRequestMessage {
  sha256: Uint8Array;
}
