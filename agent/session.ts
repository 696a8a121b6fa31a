import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../core/errors.ts";
import type { HostFacts, HostSample } from "../core/host.ts";
import { dialController } from "../proto/grpc_client.ts";
import type { Clock } from "../system/clock.ts";
import type { Log } from "../system/log.ts";
import { type Identity, recordEpoch } from "./identity.ts";
import { Line, type LineParts } from "./line.ts";
import type { Outbox } from "./outbox.ts";
import { reconnectDelayMs } from "./reconnect.ts";
import { Uploads } from "./uploads.ts";
import type { Work } from "./work.ts";

/** Wait before a controller that refuses this host is asked again, in ms. */
const REFUSED_MS = 5_000;
const OFFER_AGAIN_MS = 5_000;

export interface SessionOptions {
  /** `host:port`, asked before each dial; default: the identity's. */
  readonly address?: () => string;
  readonly identity: Identity;
  /** Where the identity lies; the highest epoch is kept there. */
  readonly identityDirectory: string;
  readonly work: Work;
  /** The reporter that the work was given. */
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** Of this program. */
  readonly version: string;
  /** Read at each register. */
  facts(): HostFacts;
  /** Free bytes where the tasks lie, read at each heartbeat; null if unknown. */
  diskFreeBytes(): number | null;
  /** What the host uses, once a minute and each second while somebody watches. Default: nothing is said. */
  sample?(): Promise<HostSample | null>;
  /** Wait before a blob that the controller had no room for is offered again. Default 5,000. */
  readonly offerAgainMs?: number;
  /** Ends the session; the work goes on. */
  readonly signal: AbortSignal;
}

/** The line to the controller, made again whenever it is cut. */
export interface Session {
  readonly isConnected: boolean;
  /** Resolves after the first welcome. */
  readonly welcomed: Promise<void>;
  /** Resolves after `signal`. */
  readonly ended: Promise<void>;
  /** Says at once how the host is: what it refuses has changed. */
  heartbeat(): void;
}

/** Keeps a session with the controller until `signal`: tries for ever, from 50 ms to 5 s apart. */
export function startSession(options: SessionOptions): Session {
  return new ReconnectingSession(options);
}

class ReconnectingSession implements Session {
  readonly welcomed: Promise<void>;
  readonly ended: Promise<void>;
  readonly #options: SessionOptions;
  readonly #parts: LineParts;
  readonly #welcome: () => void;
  #epoch: number;
  #line: Line | null = null;
  #failures = 0;
  #saidFailure = "";

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#epoch = options.identity.epoch;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.welcomed = promise;
    this.#welcome = resolve;
    this.#parts = this.#lineParts();
    this.ended = this.#run();
  }

  get isConnected(): boolean {
    return this.#line?.isWelcome ?? false;
  }

  get #address(): string {
    return this.#options.address?.() ?? this.#options.identity.controller;
  }

  heartbeat(): void {
    this.#line?.heartbeat();
  }

  async #run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const waitMs = await this.#once(signal).catch((error) => this.#failed(error));
      if (signal.aborted) return;
      await delay(waitMs, undefined, { signal }).catch(() => {});
    }
  }

  /** One line, to its end; how long to wait before the next. */
  async #once(signal: AbortSignal): Promise<number> {
    this.#line = new Line(this.#dial(), this.#parts);
    const end = await this.#line.run(signal);
    this.#line = null;
    if (signal.aborted) return 0;
    this.#say(end.error?.message ?? "the controller ended the session", end.wasWelcome);
    this.#failures = end.wasWelcome ? 0 : this.#failures + 1;
    return end.isRefused ? REFUSED_MS : reconnectDelayMs(this.#failures, Math.random());
  }

  /** An identity that cannot be used (a broken key …) is no reason to end the agent: its work goes on. */
  #failed(error: unknown): number {
    this.#line = null;
    this.#say(messageOf(error), false);
    return REFUSED_MS;
  }

  #dial() {
    const { identity } = this.#options;
    return dialController({
      address: this.#address,
      serverName: identity.controllerName,
      caPem: identity.caPem,
      keyPem: identity.keyPem,
      certificatePem: identity.certificatePem,
    });
  }

  /** One line a change, not one a try. */
  #say(why: string, wasWelcome: boolean): void {
    if (!wasWelcome && why === this.#saidFailure) return;
    this.#saidFailure = why;
    this.#options.log.warn(wasWelcome ? "lost the controller" : "cannot reach the controller", { why });
  }

  #lineParts(): LineParts {
    const { work, outbox, clock, log, version, sample } = this.#options;
    return {
      work,
      outbox,
      clock,
      log,
      version,
      offerAgainMs: this.#options.offerAgainMs ?? OFFER_AGAIN_MS,
      uploads: new Uploads(),
      facts: () => this.#options.facts(),
      diskFreeBytes: () => this.#options.diskFreeBytes(),
      sample: () => sample?.() ?? Promise.resolve(null),
      epoch: () => this.#epoch,
      raiseEpoch: async (epoch) => {
        await recordEpoch(this.#options.identityDirectory, epoch);
        this.#epoch = epoch;
      },
      welcomed: () => {
        this.#saidFailure = "";
        this.#welcome();
        log.info("the controller is here", {
          at: this.#address,
        });
      },
    };
  }
}
