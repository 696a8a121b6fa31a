import type { Client } from "../clients/typescript/client.ts";
import type { Clock } from "../system/clock.ts";
import type { Home } from "../system/home.ts";
import type { Output, Terminal } from "./output/output.ts";
import type { Style } from "./output/style.ts";
import type { Ports } from "./ports.ts";
import type { Roles } from "./roles.ts";

/** What a command works with: its own flags are in the `Invocation`. */
export interface Context {
  readonly output: Output;
  readonly terminal: Terminal;
  /** Colours for standard output. */
  readonly style: Style;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Questions are answered with yes. */
  readonly yes: boolean;
  readonly clock: Clock;
  readonly env: (name: string) => string | undefined;
  readonly ports: Ports;
  readonly roles: Roles;
  /** Throws `InvalidInput` if there is no home to be found. */
  home(): Home;
  /** The controller's client; starts a controller on this machine where none runs and none is named. */
  client(): Promise<Client>;
  /** The controller's client; throws `Unreachable` where none runs. `doing`: `Cannot show the fleet`. */
  runningClient(doing: string): Promise<Client>;
  /** True if this machine's own controller is meant, and nothing names another. */
  meansLocal(): Promise<boolean>;
  /** Aborted by Ctrl-C from the first call on; a second Ctrl-C ends the process. */
  interruption(): AbortSignal;
}
