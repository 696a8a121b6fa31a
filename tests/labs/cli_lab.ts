import type { Address, Client } from "../../clients/typescript/client.ts";
import { runCli } from "../../cli/main.ts";
import type { Ports } from "../../cli/ports.ts";
import type { AgentOptions, ControllerOptions, Roles } from "../../cli/roles.ts";
import { createFakeClient } from "../fakes/fake_client.ts";

/** What one command line did. */
export interface CliOutcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Where the client was told to go. */
  readonly addresses: readonly Address[];
}

export interface CliOptions {
  readonly client?: Client;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A controller answers at this machine's socket. Default true. */
  readonly isRunning?: boolean;
  readonly terminal?: Partial<Ports["terminal"]>;
  readonly ports?: Partial<Ports>;
  readonly roles?: Partial<Roles>;
}

/** The time of every command line in tests: nine seconds after the builders' job was submitted. */
export const LAB_NOW = Date.parse("2026-01-02T03:00:09.000Z");

/** A home of its own; nothing is there. */
export const LAB_HOME = "/nonexistent/muster";

/** Runs `muster …argv` in this process against a client in memory. */
export async function muster(argv: readonly string[], options: CliOptions = {}): Promise<CliOutcome> {
  const said = { out: "", err: "" };
  const addresses: Address[] = [];
  const env = { MUSTER_HOME: LAB_HOME, HOME: "/nonexistent", ...options.env };
  const decoder = new TextDecoder();
  const ports: Ports = {
    output: {
      out: (content) => said.out += typeof content === "string" ? content : decoder.decode(content),
      err: (text) => said.err += text,
    },
    terminal: { outIsTerminal: false, errIsTerminal: false, inIsTerminal: false, ...options.terminal },
    clock: { now: () => LAB_NOW, monotonicMs: () => 0 },
    env: (name) => (env as Readonly<Record<string, string | undefined>>)[name],
    cwd: () => options.cwd ?? "/nonexistent",
    createClient: (address) => {
      addresses.push(address);
      return Promise.resolve(options.client ?? createFakeClient());
    },
    starter: {
      answers: () => Promise.resolve(options.isRunning ?? true),
      elsewhere: () => Promise.resolve(null),
      start: () => Promise.resolve({ pid: 4242, isOurs: true }),
      ends: () => Promise.resolve(true),
    },
    agents: { start: () => Promise.resolve({ pid: 4343, log: `${LAB_HOME}/logs/agent.log` }) },
    serviceCommand: () => Promise.resolve(["/usr/local/bin/muster"]),
    authority: () => Promise.resolve({ ca: "PEM", serverName: "controller.f1.muster.internal" }),
    interrupts: () => new AbortController().signal,
    readSecret: () => Promise.resolve("mst_secret"),
    confirm: () => false,
    run: () => Promise.resolve({ code: 0, stdout: "", stderr: "" }),
    os: "linux",
    ...options.ports,
  };
  const code = await runCli(argv, { ...noRoles, ...options.roles }, ports);
  return { code, ...said, addresses };
}

const noRoles: Roles = {
  controller: () => Promise.reject(new Error("no controller in this test")),
  agent: () => Promise.reject(new Error("no agent in this test")),
};

/** Roles that write down what they were given and end with code 0. */
export function recordingRoles(): { roles: Roles; started: (ControllerOptions | AgentOptions)[] } {
  const started: (ControllerOptions | AgentOptions)[] = [];
  const record = (options: ControllerOptions | AgentOptions) => {
    started.push(options);
    return Promise.resolve(0);
  };
  return {
    started,
    roles: {
      controller: () => Promise.resolve({ runController: record }),
      agent: () => Promise.resolve({ runAgent: record }),
    },
  };
}
