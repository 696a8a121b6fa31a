import assert from "node:assert/strict";
import { join } from "node:path";
import type { JobBody } from "../../core/api/jobs.ts";
import { aCompleteJob, aJobBody, aJobDetail, aStatusBody } from "../builders/api_bodies.ts";
import { waitUntil } from "../labs/wait_until.ts";

const MAIN = new URL("../labs/cli_main.ts", import.meta.url).pathname;

/** A home in which a controller that knows one job answers at the socket. */
class CannedController implements AsyncDisposable {
  readonly #server: Deno.HttpServer;
  /** What a watch of the job shows before it stays open. */
  watched: readonly JobBody[] = [aJobBody()];
  watchers = 0;
  readonly paths: string[] = [];

  private constructor(readonly home: string) {
    Deno.mkdirSync(join(home, "controller"), { recursive: true });
    const path = join(home, "controller", "api.sock");
    this.#server = Deno.serve({ path, onListen: () => {} }, (request) => this.#answer(request));
  }

  static async start(): Promise<CannedController> {
    return new CannedController(await Deno.makeTempDir());
  }

  /** `muster …words` as a process. */
  run(words: readonly string[], over: Partial<Deno.CommandOptions> = {}): Deno.ChildProcess {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", MAIN, ...words],
      env: { MUSTER_HOME: this.home, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...over,
    }).spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.home, { recursive: true });
  }

  #answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    this.paths.push(`${request.method} ${pathname}`);
    if (pathname.endsWith("/watch")) return this.#watch();
    if (pathname === "/api/v1/status") return Response.json(aStatusBody());
    if (request.method === "POST") return Response.json(aJobBody({ state: "pending" }), { status: 201 });
    if (pathname === "/api/v1/jobs") {
      return Response.json({ items: Array.from({ length: 1000 }, () => aJobBody()), next_cursor: null });
    }
    return Response.json(aJobDetail());
  }

  #watch(): Response {
    this.watchers += 1;
    const jobs = this.watched;
    const body = new ReadableStream({
      start(controller) {
        for (const job of jobs) {
          controller.enqueue(new TextEncoder().encode(`event: job\ndata: ${JSON.stringify(job)}\n\n`));
        }
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}

Deno.test("muster sub as a process waits for the job over the socket and exits with 0", async () => {
  await using controller = await CannedController.start();
  controller.watched = [aJobBody(), aCompleteJob()];
  const { code, stdout, stderr } = await controller.run(["sub", "--", "true"]).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr));
  assert.match(decoder.decode(stdout), /^Job words complete · 17 tasks in 4 s\n/);
});

Deno.test("muster sub as a process leaves the job running on SIGINT", async () => {
  await using controller = await CannedController.start();
  const child = controller.run(["sub", "--", "sleep", "60"]);
  await waitUntil(() => controller.watchers > 0, { what: "the watch of the job" });
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  const said = new TextDecoder().decode(stderr);
  assert.equal(code, 130, said);
  assert.match(said, /Left job (words \(jabc\)|jabc): it goes on\. muster watch jabc comes back/);
  assert.ok(!controller.paths.some((path) => path.endsWith("/kill")));
});

Deno.test("muster list ends quietly when its reader leaves early", async () => {
  await using controller = await CannedController.start();
  const child = controller.run(["list", "--output", "json", "--limit", "1000"]);
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const [{ code }, said] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assert.deepEqual([code, said], [141, ""]);
});

Deno.test("muster status as a process says that no controller runs, and starts none", async () => {
  const home = await Deno.makeTempDir();
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "-A", MAIN, "status"],
      env: { MUSTER_HOME: home },
    }).output();
    assert.equal(code, 4);
    assert.match(new TextDecoder().decode(stderr), /no controller runs on this machine/);
    assert.deepEqual([...Deno.readDirSync(home)], []);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
