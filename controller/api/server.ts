import { dirname } from "node:path";
import { formatListen, isLoopback } from "../../core/config.ts";
import { messageOf, MusterError } from "../../core/errors.ts";
import type { Connection } from "./context.ts";

/** The part of the app that a server needs. */
export interface FetchHandler {
  fetch(request: Request, connection: Connection): Response | Promise<Response>;
}

export interface ApiServerOptions {
  readonly app: FetchHandler;
  /** `port` 0: any free one. */
  readonly listen: { readonly hostname: string; readonly port: number };
  /** Its directory is made 0700; a socket that a dead controller left is replaced. */
  readonly socketPath: string;
  /** PEM; `certificate` with its chain, the authority's last. Needed on any address but loopback. */
  readonly tls?: { readonly key: string; readonly certificate: string } | undefined;
  /** More names (without port) that the Host header may bear, such as the one in the certificate. */
  readonly hostNames?: readonly string[] | undefined;
}

export interface ApiServer {
  /** `http://127.0.0.1:7770` */
  readonly url: string;
  readonly port: number;
  /** Ends streams at once, waits for the answers under way (at most `graceMs`, default 5000), closes. */
  stop(options?: { readonly graceMs?: number }): Promise<void>;
}

/**
 * Serves the app on TCP and on the unix socket. Throws `Conflict` if the port is taken, `InvalidInput` for an
 * address that needs TLS and has none. The caller must hold the controller's lock: the socket is replaced.
 */
export async function startApi(options: ApiServerOptions): Promise<ApiServer> {
  const { listen, tls } = options;
  checkTls(options);
  const stopping = new AbortController();
  const hosts = new Set<string>();
  const servesHost = (host: string) => hosts.has(host);
  const tcp = serveTcp(options, { listener: "tcp", servesHost, stopping: stopping.signal });
  const { port } = tcp.addr as Deno.NetAddr;
  for (const name of hostHeaders(options, port)) hosts.add(name);
  try {
    const socket = await serveSocket(options, { listener: "socket", servesHost, stopping: stopping.signal });
    const stop = async ({ graceMs = 5000 } = {}) => {
      stopping.abort();
      await Promise.all([finish(tcp, graceMs), finish(socket, graceMs)]);
      await removeSocket(options.socketPath);
    };
    return {
      url: `${tls === undefined ? "http" : "https"}://${formatListen({ ...listen, port })}`,
      port,
      stop,
    };
  } catch (error) {
    await tcp.shutdown();
    throw error;
  }
}

type Server = Deno.HttpServer<Deno.Addr>;

/** Names by which programs of this machine call the listener. */
const LOOPBACK_NAMES = ["127.0.0.1", "::1", "localhost"] as const;

function checkTls({ listen, tls }: ApiServerOptions): void {
  if (tls !== undefined || isLoopback(listen.hostname)) return;
  throw new MusterError(
    "InvalidInput",
    `Cannot listen on "${listen.hostname}": any address but loopback needs TLS`,
    {
      hint: "Listen on 127.0.0.1",
    },
  );
}

function serveTcp({ app, listen, tls }: ApiServerOptions, connection: Connection): Server {
  const handler = (request: Request) => app.fetch(request, connection);
  const secured = tls === undefined ? {} : { key: tls.key, cert: tls.certificate };
  try {
    return Deno.serve({ ...listen, ...secured, ...QUIET }, handler) as Server;
  } catch (cause) {
    const taken = cause instanceof Deno.errors.AddrInUse;
    throw new MusterError(
      taken ? "Conflict" : "InvalidInput",
      `Cannot listen on ${formatListen(listen)}: ${taken ? "the port is taken" : messageOf(cause)}`,
      { hint: "Choose another with --listen HOST:PORT", cause },
    );
  }
}

async function serveSocket({ app, socketPath }: ApiServerOptions, connection: Connection): Promise<Server> {
  const directory = dirname(socketPath);
  await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
  // The directory keeps others out between bind and chmod too, whatever the umask of this process.
  await Deno.chmod(directory, 0o700);
  await removeSocket(socketPath);
  const handler = (request: Request) => app.fetch(request, connection);
  const server = Deno.serve({ path: socketPath, ...QUIET }, handler) as Server;
  await Deno.chmod(socketPath, 0o600);
  return server;
}

const QUIET = { onListen: () => {} } as const;

/** What a Host header may be: loopback names, the listen address and the given names, with our port. */
function hostHeaders({ listen, hostNames = [] }: ApiServerOptions, port: number): string[] {
  const names = [...LOOPBACK_NAMES, listen.hostname, ...hostNames].map((name) =>
    bracketed(name.toLowerCase())
  );
  return names.flatMap((name) =>
    port === 443 || port === 80 ? [name, `${name}:${port}`] : [`${name}:${port}`]
  );
}

function bracketed(hostname: string): string {
  return hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
}

/** Lets answers end; after the grace they are cut. */
async function finish(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, graceMs);
  await Promise.race([server.shutdown(), promise]);
  clearTimeout(timer);
}

async function removeSocket(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
