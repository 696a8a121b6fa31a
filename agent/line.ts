import { messageOf, MusterError } from "../core/errors.ts";
import type { HostFacts, HostSample } from "../core/host.ts";
import { refOf } from "../proto/convert.ts";
import { factsToJson } from "../proto/facts.ts";
import type { ControllerConnection } from "../proto/grpc_client.ts";
import { PROTOCOLS } from "../proto/muster.ts";
import { isErrorCode } from "../proto/status.ts";
import type { MessageStream } from "../proto/transport.ts";
import type {
  AgentMessage,
  AssignMessage,
  ControllerMessage,
  OpenLogMessage,
  WelcomeMessage,
} from "../proto/messages.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import { logChunks } from "./log_source.ts";
import type { Outbox } from "./outbox.ts";
import { ReportSender } from "./report_sender.ts";
import type { Uploads } from "./uploads.ts";
import { assignmentsOf, heldToMessages, jobOf, sampleToMessage } from "./wire.ts";
import type { JobDescription, Work } from "./work.ts";

/** Time for the controller's Welcome, connecting included, in ms. */
const WELCOME_MS = 15_000;
const SAMPLE_MS = 60_000;
const WATCHED_SAMPLE_MS = 1_000;
/** Descriptions kept; the controller counts on half as many. */
const DESCRIBED_LIMIT = 2_000;

/** What one line to the controller works with. */
export interface LineParts {
  readonly work: Work;
  readonly outbox: Outbox;
  readonly uploads: Uploads;
  readonly clock: Clock;
  readonly log: Log;
  /** Of this program. */
  readonly version: string;
  /** Wait before a blob that the controller had no room for is offered again. */
  readonly offerAgainMs: number;
  facts(): HostFacts;
  /** Free bytes where the tasks lie; null if unknown. */
  diskFreeBytes(): number | null;
  sample(): Promise<HostSample | null>;
  /** Highest epoch served. */
  epoch(): number;
  /** Remembers a higher one before anything of that controller is obeyed. */
  raiseEpoch(epoch: number): Promise<void>;
  /** The session is live. */
  welcomed(): void;
}

/** How a line ended. `isRefused`: the controller, or this host, wants no session; trying again at once is no use. */
export interface LineEnd {
  readonly wasWelcome: boolean;
  readonly isRefused: boolean;
  readonly error: MusterError | null;
}

/** One Session call: from register to the cut. */
export class Line {
  readonly #parts: LineParts;
  readonly #connection: ControllerConnection;
  readonly #stream: MessageStream<ControllerMessage, AgentMessage>;
  readonly #over = new AbortController();
  readonly #jobs = new Map<string, JobDescription>();
  readonly #reports: ReportSender;
  readonly #timers = new Set<ReturnType<typeof setInterval>>();
  #welcome: WelcomeMessage | null = null;
  #refused: MusterError | null = null;
  #late: ReturnType<typeof setTimeout> | undefined;
  #saidRefusing = "";
  #sampledMs = Number.NEGATIVE_INFINITY;
  #watched: ReturnType<typeof setInterval> | null = null;

  constructor(connection: ControllerConnection, parts: LineParts) {
    this.#connection = connection;
    this.#parts = parts;
    this.#stream = connection.session();
    const { work, outbox, uploads, clock, log, offerAgainMs } = parts;
    this.#reports = new ReportSender({
      work,
      outbox,
      uploads,
      clock,
      log,
      offerAgainMs,
      connection,
      signal: this.#over.signal,
      send: (report) => this.#stream.send({ report }),
      drained: () => this.#stream.drained(),
      beforeReport: () => {
        if ((work.refusing ?? "") !== this.#saidRefusing) this.heartbeat();
      },
    });
  }

  /** Resolves when the line is cut, ended by the controller, or by `signal`. Never rejects. */
  async run(signal: AbortSignal): Promise<LineEnd> {
    const end = () => this.#stream.end(new MusterError("Interrupted", "The agent is stopping"));
    signal.addEventListener("abort", end, { once: true });
    this.#stream.onMessage((message) => this.#receive(message));
    this.#late = setTimeout(() => this.#refuse("Unreachable", "No welcome came in time"), WELCOME_MS);
    this.#timers.add(this.#late);
    this.#registerOrEnd();
    const error = await this.#stream.closed;
    signal.removeEventListener("abort", end);
    this.#close();
    const why = this.#refused ?? error;
    return {
      wasWelcome: this.#welcome !== null,
      isRefused: this.#refused !== null || isRefusal(error),
      error: why,
    };
  }

  get isWelcome(): boolean {
    return this.#welcome !== null && !this.#over.signal.aborted;
  }

  /** Says at once how the host is. */
  heartbeat(sample: HostSample | null = null): void {
    if (this.#welcome === null) return;
    const refusing = this.#parts.work.refusing ?? "";
    this.#saidRefusing = refusing;
    const diskFreeBytes = this.#parts.diskFreeBytes() ?? 0;
    this.#stream.send({
      heartbeat: { diskFreeBytes, refusing, sample: sample === null ? null : sampleToMessage(sample) },
    });
  }

  #registerOrEnd(): void {
    try {
      this.#register();
    } catch (error) {
      this.#refuse("Internal", `Cannot register: ${messageOf(error)}`);
    }
  }

  #register(): void {
    const { work, outbox, clock, version } = this.#parts;
    const nowMs = clock.monotonicMs();
    // One that began and was lost before anybody heard of it must not be taken for one that never came.
    const lost = outbox.losses.map((ref) => ({ ref, epoch: this.#parts.epoch(), startedAtMs: nowMs }));
    const held = heldToMessages([...work.held(), ...lost], nowMs);
    outbox.registering();
    this.#stream.send({
      register: {
        agentVersion: version,
        protocols: [...PROTOCOLS],
        epoch: this.#parts.epoch(),
        factsJson: factsToJson(this.#parts.facts()),
        held,
      },
    });
  }

  #receive(message: ControllerMessage): void {
    try {
      if (message.refused) return this.#refusedBy(message.refused.code, message.refused.message);
      if (message.welcome) return this.#welcomed(message.welcome);
      if (this.#welcome === null) return;
      if (message.assign) this.#assign(message.assign);
      else if (message.kill) this.#parts.work.kill(message.kill.refs.map(refOf), message.kill.graceSeconds);
      else if (message.ack) this.#reports.acknowledged(message.ack);
      else if (message.openLog) this.#openLog(message.openLog);
      else if (message.watch) this.#watch(message.watch.samples);
    } catch (error) {
      this.#parts.log.error("cannot obey a message", { kind: message.message, error: messageOf(error) });
    }
  }

  #welcomed(welcome: WelcomeMessage): void {
    const seen = this.#parts.epoch();
    if (welcome.epoch < seen) {
      const why =
        `The controller's epoch is ${welcome.epoch}, but one of epoch ${seen} has been served: an old copy`;
      return this.#refuse("Conflict", why);
    }
    if (welcome.epoch === seen) return this.#begin(welcome);
    this.#stream.pause();
    this.#parts.raiseEpoch(welcome.epoch).then(() => {
      this.#begin(welcome);
      this.#stream.resume();
    }, (error) => this.#refuse("Internal", `Cannot remember the controller's epoch: ${messageOf(error)}`));
  }

  #begin(welcome: WelcomeMessage): void {
    const { work, outbox } = this.#parts;
    this.#welcome = welcome;
    clearTimeout(this.#late);
    const drop = welcome.drop.map(refOf);
    outbox.forget(drop);
    if (drop.length > 0) work.drop(drop);
    outbox.onWaiting = (what) => this.#reports.flushSoon(what);
    this.#timers.add(setInterval(() => this.#beat(), welcome.heartbeatSeconds * 1000));
    this.#beat();
    this.#reports.flush();
    this.#parts.welcomed();
  }

  /** Heartbeats say the refusal that changed; a sample rides along once a minute. */
  #beat(): void {
    if (this.#parts.clock.monotonicMs() - this.#sampledMs >= SAMPLE_MS) void this.#sample();
    else this.heartbeat();
  }

  async #sample(): Promise<void> {
    this.#sampledMs = this.#parts.clock.monotonicMs();
    const sample = await this.#parts.sample().catch(() => null);
    if (!this.#over.signal.aborted) this.heartbeat(sample);
  }

  #watch(samples: boolean): void {
    if (this.#watched !== null) clearInterval(this.#watched);
    this.#watched = samples ? setInterval(() => void this.#sample(), WATCHED_SAMPLE_MS) : null;
    if (samples) void this.#sample();
  }

  #assign(message: AssignMessage): void {
    for (const job of message.jobs) this.#describe(jobOf(job));
    const { assignments, undescribed } = assignmentsOf(message, this.#jobs);
    this.#parts.work.assign(assignments);
    for (const ref of undescribed) {
      this.#parts.outbox.notStarted(ref, "the controller did not describe its job");
    }
  }

  #describe(job: JobDescription): void {
    this.#jobs.delete(job.jobId);
    this.#jobs.set(job.jobId, job);
    if (this.#jobs.size <= DESCRIBED_LIMIT) return;
    const oldest = this.#jobs.keys().next().value;
    if (oldest !== undefined) this.#jobs.delete(oldest);
  }

  #openLog(asked: OpenLogMessage): void {
    this.#connection.putLog((signal) => logChunks(this.#parts.work, asked, signal), this.#over.signal)
      .catch((error) => this.#parts.log.debug("log not sent", { error: messageOf(error) }));
  }

  // ---- the end

  #refusedBy(code: string, message: string): void {
    const error = new MusterError(isErrorCode(code) ? code : "Internal", message);
    if (isRefusal(error)) this.#refused = error;
  }

  #refuse(code: "Conflict" | "Internal" | "Unreachable", why: string): void {
    const error = new MusterError(code, why);
    if (isRefusal(error)) this.#refused = error;
    this.#stream.end(error);
  }

  #close(): void {
    this.#over.abort(new MusterError("Unreachable", "The line to the controller was cut"));
    this.#parts.outbox.onWaiting = null;
    for (const timer of this.#timers) clearInterval(timer);
    if (this.#watched !== null) clearInterval(this.#watched);
    this.#connection.close();
  }
}

/** Statuses that another try will not change soon. */
function isRefusal(error: MusterError | null): boolean {
  return error !== null && ["NotAllowed", "Unauthenticated", "Conflict", "InvalidInput"].includes(error.code);
}
