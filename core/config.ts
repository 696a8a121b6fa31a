import { MusterError } from "./errors.ts";
import { nearest } from "./suggest.ts";

/** What `config.yaml` may say. Every key is optional. */
export interface Config {
  /** HOST:PORT of the HTTP API. */
  readonly listen?: string;
  /** HOST:PORT of the agents' gRPC listener. */
  readonly agentListen?: string;
  /** Absolute directory for the controller's data, where MUSTER_HOME is on a network file system. */
  readonly dataDir?: string;
}

/** Keys of the file and, as `MUSTER_<KEY>`, of the environment. */
const KEYS = {
  listen: "listen",
  agent_listen: "agentListen",
  data_dir: "dataDir",
} as const satisfies Record<string, keyof Config>;

/** Checks the values of a configuration file. Throws `InvalidInput` that names the key and the nearest known one. */
export function configFromFile(values: unknown, source: string): Config {
  if (values === null || values === undefined) return {};
  if (typeof values !== "object" || Array.isArray(values)) {
    throw unreadable(source, "wanted keys with values");
  }
  const config: { -readonly [K in keyof Config]: Config[K] } = {};
  for (const [key, value] of Object.entries(values)) {
    const field = KEYS[key as keyof typeof KEYS] as keyof Config | undefined;
    if (field === undefined) throw unknownKey(key, source);
    if (typeof value !== "string" || value === "") throw unreadable(source, `"${key}" wants words`);
    config[field] = value;
  }
  return checked(config, source);
}

/** What `MUSTER_LISTEN`, `MUSTER_AGENT_LISTEN` and `MUSTER_DATA_DIR` say. */
export function configFromEnvironment(env: (name: string) => string | undefined): Config {
  const values = Object.keys(KEYS).flatMap((key) => {
    const value = env(`MUSTER_${key.toUpperCase()}`);
    return value === undefined || value === "" ? [] : [[key, value]];
  });
  return configFromFile(Object.fromEntries(values), "the environment");
}

/** An address to listen on. */
export interface ListenAddress {
  readonly hostname: string;
  /** 0: any free port. */
  readonly port: number;
}

/** `HOST:PORT`, `[V6]:PORT`, `:PORT` or `PORT`; no host means loopback. Throws `InvalidInput`. */
export function parseListen(text: string, what: string): ListenAddress {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    throw new MusterError("InvalidInput", `Cannot read ${what} "${text}": wanted HOST:PORT`, {
      hint: "For example 127.0.0.1:7770",
    });
  }
  return { hostname: match[1] ?? (match[2] || "127.0.0.1"), port };
}

/** `HOST:PORT` as {@linkcode parseListen} reads it. */
export function formatListen(address: ListenAddress): string {
  const { hostname, port } = address;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Whether only this machine can reach the address; `::1` also as URLs write it, in brackets. */
export function isLoopback(hostname: string): boolean {
  return ["localhost", "::1", "[::1]"].includes(hostname) || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function checked(config: Config, source: string): Config {
  if (config.listen !== undefined) parseListen(config.listen, `listen in ${source}`);
  if (config.agentListen !== undefined) parseListen(config.agentListen, `agent_listen in ${source}`);
  if (config.dataDir !== undefined && !config.dataDir.startsWith("/")) {
    throw unreadable(source, `"data_dir" wants an absolute path, not "${config.dataDir}"`);
  }
  return config;
}

function unknownKey(key: string, source: string): MusterError {
  const near = nearest(key, Object.keys(KEYS));
  return new MusterError("InvalidInput", `Cannot read ${source}: unknown key "${key}"`, {
    hint: near === undefined ? `Known keys: ${Object.keys(KEYS).join(", ")}` : `Did you mean "${near}"?`,
  });
}

function unreadable(source: string, problem: string): MusterError {
  return new MusterError("InvalidInput", `Cannot read ${source}: ${problem}`);
}
