import type { EnrollBody, EnrolledBody } from "../core/api/fleet.ts";

/** What `muster controller start` hands to the controller. Absent values come from the environment and `config.yaml`. */
export interface ControllerOptions {
  /** HOST:PORT of the HTTP listener. */
  readonly listen?: string;
  /** HOST:PORT of the agents' listener. */
  readonly agentListen?: string;
  /** Absolute directory for the controller's data. */
  readonly dataDir?: string;
  /** Nobody watches: started in the background, its output goes to a log file. */
  readonly detached: boolean;
  /** Ends it cleanly. The command line aborts it on SIGINT and SIGTERM. */
  readonly signal?: AbortSignal;
}

/** What `muster agent start` hands to the agent. */
export interface AgentOptions {
  /** `noop` ends every task at once with code 0: for measuring the rest. Default `process`. */
  readonly executor?: "process" | "noop";
  /** Asks the controller for this host's certificate, as its owner. */
  readonly enroll: (request: EnrollBody) => Promise<EnrolledBody>;
  /** Ends it; its tasks go on. */
  readonly signal?: AbortSignal;
}

export interface ControllerRole {
  /** Runs until it is stopped; resolves with the exit code. */
  runController(options: ControllerOptions): Promise<number>;
}

export interface AgentRole {
  /** Runs until it is stopped; resolves with the exit code. */
  runAgent(options: AgentOptions): Promise<number>;
}

/** The long-lived roles of this program, loaded only when they are started. */
export interface Roles {
  readonly controller: () => Promise<ControllerRole>;
  readonly agent: () => Promise<AgentRole>;
}
