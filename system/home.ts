import { join } from "node:path";
import { MusterError } from "../core/errors.ts";

/** Where everything of ours lies. Nothing here creates anything. */
export interface Home {
  readonly root: string;
  readonly config: string;
  readonly client: string;
  readonly logs: string;
  readonly cache: string;
  readonly controller: {
    readonly root: string;
    readonly database: string;
    readonly socket: string;
    readonly lock: string;
    readonly ca: string;
    readonly blobs: string;
    readonly secretKey: string;
  };
  /** `agent/<machine>`: homes are shared on many sites, agents are not. */
  agent(machine: string): {
    readonly root: string;
    readonly identity: string;
    readonly lock: string;
    readonly tasks: string;
    readonly keeper: string;
  };
}

/**
 * Paths under `MUSTER_HOME` (default `~/.muster`). `dataDir` (config `data_dir`) moves the controller's data, for
 * homes on network file systems. Throws `InvalidInput` if neither MUSTER_HOME nor HOME is set.
 */
export function musterHome(env: (name: string) => string | undefined, dataDir?: string): Home {
  const root = rootDirectory(env);
  const controller = dataDir ?? join(root, "controller");
  return {
    root,
    config: join(root, "config.yaml"),
    client: join(root, "client.json"),
    logs: join(root, "logs"),
    cache: join(root, "cache"),
    controller: {
      root: controller,
      database: join(controller, "muster.db"),
      socket: join(controller, "api.sock"),
      lock: join(controller, "lock"),
      ca: join(controller, "ca"),
      blobs: join(controller, "blobs"),
      secretKey: join(controller, "secret.key"),
    },
    agent(machine) {
      const agent = join(root, "agent", machine);
      return {
        root: agent,
        identity: join(agent, "identity"),
        lock: join(agent, "lock"),
        tasks: join(agent, "tasks"),
        keeper: join(agent, "keeper"),
      };
    },
  };
}

function rootDirectory(env: (name: string) => string | undefined): string {
  const named = env("MUSTER_HOME");
  if (named !== undefined && named !== "") return named;
  const home = env("HOME");
  if (home !== undefined && home !== "") return join(home, ".muster");
  throw new MusterError(
    "InvalidInput",
    "Cannot find a home for Muster's files: neither MUSTER_HOME nor HOME is set",
    {
      hint: "Set MUSTER_HOME to a directory of yours",
    },
  );
}
