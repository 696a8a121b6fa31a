import type { LaneIdentity } from "../run_header.ts";
import type { ProcessTable } from "./process_table.ts";
import { LANE_SCRIPT } from "./lane_script.ts";

/** What a lane tells its owner. */
export interface LaneEvents {
  /** The lane is done with the oldest directory it was fed; `hasRun` is false where it did not begin it. */
  report(lane: Lane, hasRun: boolean): void;
  /** The lane is gone. Nothing comes after this. */
  gone(lane: Lane): void;
}

const NEWLINE = 10;
const encoder = new TextEncoder();

/**
 * One shell in a session of its own that runs attempts one after another (see lane_script.ts). It outlives this
 * process: without its input it finishes what it was fed and ends.
 */
export class Lane {
  readonly identity: LaneIdentity;
  readonly #child: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #isRetired = false;
  #isForgotten = false;

  /** Throws where no process can be made. `environment` is all that its attempts inherit. */
  constructor(
    environment: Readonly<Record<string, string>>,
    processes: ProcessTable,
    events: LaneEvents,
  ) {
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", LANE_SCRIPT, "muster-lane"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      cwd: "/",
      clearEnv: true,
      env: environment,
      detached: true,
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.getReader();
    const { pid } = this.#child;
    this.identity = { pid, startTime: processes.find(pid)?.startTime ?? "", bootId: processes.bootId };
    this.#listen(events);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** No more attempts are fed to it. */
  get isRetired(): boolean {
    return this.#isRetired;
  }

  feed(directory: string): void {
    // A lane that died says so by the end of its output.
    this.#writer.write(encoder.encode(`${directory}\n`)).catch(() => {});
  }

  /** Closes its input: it ends after what it has. */
  retire(): void {
    if (this.#isRetired) return;
    this.#isRetired = true;
    this.#writer.close().catch(() => {});
  }

  /** Lets this process end while the lane lives; nothing is heard of it any more. */
  async forget(): Promise<void> {
    this.#isForgotten = true;
    this.retire();
    this.#child.unref();
    await this.#writer.closed.catch(() => {});
    await this.#reader.cancel().catch(() => {});
  }

  async #listen(events: LaneEvents): Promise<void> {
    let hasRun = false;
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        if (done) break;
        for (const byte of value) {
          if (byte !== NEWLINE) hasRun = true;
          else {
            events.report(this, hasRun);
            hasRun = false;
          }
        }
      }
    } catch {
      // Read errors are the end of it as well.
    }
    if (this.#isForgotten) return;
    await this.#child.status.catch(() => {});
    this.#isRetired = true;
    this.#writer.close().catch(() => {});
    events.gone(this);
  }
}
