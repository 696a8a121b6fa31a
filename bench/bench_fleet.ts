import { join } from "node:path";
import { createClient } from "../clients/typescript/http_client.ts";
import type { Client } from "../clients/typescript/client.ts";

const ROOT = new URL("..", import.meta.url).pathname;

/** A controller with its agent, from the built binary, in a home of their own. */
export interface BenchFleet {
  readonly home: string;
  readonly client: Client;
  /** Runs `muster ARGS`, waits, and answers its wall time in milliseconds. Throws if it fails. */
  muster(...args: string[]): Promise<number>;
  pids(): { readonly controller: number; readonly agent: number };
  [Symbol.asyncDispose](): Promise<void>;
}

/** The binary under test. `./compile.sh` makes it. */
export const BINARY = join(ROOT, "dist", "muster");

export async function startBenchFleet(env: Record<string, string> = {}): Promise<BenchFleet> {
  // Not /tmp where that is memory: durable means a disk here.
  const home = await Deno.makeTempDir({
    dir: Deno.env.get("BENCH_DIR") ?? "/var/tmp",
    prefix: "muster-bench-",
  });
  const environment = { ...env, MUSTER_HOME: home };
  const muster = async (...args: string[]) => {
    const begin = performance.now();
    const { code, stderr } = await new Deno.Command(BINARY, {
      args,
      env: environment,
      stdout: "null",
      stderr: "piped",
    }).output();
    if (code !== 0) throw new Error(`muster ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return performance.now() - begin;
  };
  await muster("sub", "--quiet", "--", "true");
  const client = createClient({ kind: "socket", path: join(home, "controller", "api.sock") });
  return {
    home,
    client,
    muster,
    pids: () => ({
      controller: lockPid(join(home, "controller", "lock")),
      agent: lockPid(join(home, "agent", [...Deno.readDirSync(join(home, "agent"))][0]!.name, "lock")),
    }),
    async [Symbol.asyncDispose]() {
      client.close();
      await muster("controller", "stop");
      await Deno.remove(home, { recursive: true });
    },
  };
}

function lockPid(path: string): number {
  return (JSON.parse(Deno.readTextFileSync(path)) as { pid: number }).pid;
}

/** Wall time of any command in milliseconds. */
export async function timeCommand(command: string, args: string[]): Promise<number> {
  const begin = performance.now();
  const { code } = await new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output();
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return performance.now() - begin;
}

/** Resident bytes and CPU seconds so far of a process and, with it, of the sessions it started. */
export function processUse(pid: number): { readonly residentBytes: number; readonly cpuSeconds: number } {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const resident = Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]) * 1024;
  return { residentBytes: resident, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}
