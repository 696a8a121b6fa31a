import type { Address, Client } from "../clients/typescript/client.ts";
import { type Clock, systemClock } from "../system/clock.ts";
import { type Output, standardOutput, standardTerminal, type Terminal } from "./output/output.ts";
import { watchInterrupts } from "./interrupts.ts";
import { type ControllerStarter, createControllerStarter } from "./start_controller.ts";
import { type AgentStarter, createAgentStarter } from "./start_agent.ts";
import type { Authority } from "../system/fetch_authority.ts";
import { type CommandRunner, runCommand } from "../system/run_command.ts";
import { realStarterParts } from "./starter_parts.ts";
import { readSecretLine } from "./prompt.ts";

/** The outside of the command line; tests bring their own. */
export interface Ports {
  readonly output: Output;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly env: (name: string) => string | undefined;
  /** The directory the person is in. */
  readonly cwd: () => string;
  readonly createClient: (address: Address) => Promise<Client>;
  readonly starter: ControllerStarter;
  readonly agents: AgentStarter;
  /** Words that start this program for a service manager: our own file, where we are one. */
  readonly serviceCommand: () => Promise<readonly string[]>;
  /** The authority a controller shows, if its fingerprint is the one given. */
  readonly authority: (url: string, fingerprint: string) => Promise<Authority>;
  /** Aborted by the first SIGINT (`alsoTerm`: or SIGTERM) after the call. */
  readonly interrupts: (options?: { readonly alsoTerm: boolean }) => AbortSignal;
  /** One line from standard input; from a terminal without echo, after `question`. */
  readonly readSecret: (question: string) => Promise<string>;
  /** Asks on the terminal; false for anything but yes. */
  readonly confirm: (question: string) => boolean;
  /** Starts our helpers on this machine: systemctl, launchctl, loginctl. */
  readonly run: CommandRunner;
  /** `Deno.build.os`. */
  readonly os: string;
}

/** The real outside. */
export function realPorts(): Ports {
  return {
    output: standardOutput,
    terminal: standardTerminal(),
    clock: systemClock,
    env: (name) => Deno.env.get(name),
    cwd: () => Deno.cwd(),
    createClient: async (address) => {
      const { createClient } = await import("../clients/typescript/http_client.ts");
      return createClient(address);
    },
    starter: createControllerStarter(realStarterParts),
    agents: createAgentStarter(realStarterParts),
    serviceCommand,
    authority: async (url, fingerprint) => {
      const { fetchAuthority } = await import("../system/fetch_authority.ts");
      return await fetchAuthority(url, fingerprint);
    },
    interrupts: watchInterrupts,
    readSecret: readSecretLine,
    confirm: (question) => /^y(es)?$/i.test(prompt(question) ?? ""),
    run: runCommand,
    os: Deno.build.os,
  };
}

async function serviceCommand(): Promise<readonly string[]> {
  const { selfCommand, selfForm, selfPath } = await import("../system/self.ts");
  return selfForm() === "source" ? selfCommand() : [selfPath()];
}
