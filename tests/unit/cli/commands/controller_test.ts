import assert from "node:assert/strict";
import { join } from "node:path";
import type { Ports } from "../../../../cli/ports.ts";
import { createFakeClient } from "../../../fakes/fake_client.ts";
import { LAB_HOME, muster, recordingRoles } from "../../../labs/cli_lab.ts";

Deno.test("muster controller start runs the controller with its flags, in the foreground", async () => {
  const { roles, started } = recordingRoles();
  const { code } = await muster(
    ["controller", "start", "--listen", "127.0.0.1:0", "--agent-listen", "[::1]:7771", "--data-dir", "data"],
    { roles, cwd: "/here" },
  );
  assert.equal(code, 0);
  const { signal, ...options } = started[0]!;
  assert.ok(signal instanceof AbortSignal);
  assert.deepEqual(options, {
    listen: "127.0.0.1:0",
    agentListen: "[::1]:7771",
    dataDir: "/here/data",
    detached: false,
  });
});

Deno.test("muster controller start --background says that nobody watches", async () => {
  const { roles, started } = recordingRoles();
  await muster(["controller", "start", "--background"], { roles });
  assert.equal((started[0] as { detached: boolean }).detached, true);
});

Deno.test("muster controller start refuses an address that is none", async (t) => {
  for (const address of ["127.0.0.1", "127.0.0.1:99999", "::1:7770", "a b:1", "localhost:http"]) {
    await t.step(address, async () => {
      const { code, err } = await muster(["controller", "start", `--listen=${address}`]);
      assert.equal(code, 2);
      assert.match(err, /Cannot read --listen ".*": wanted HOST:PORT\nhint: For example 127\.0\.0\.1:7770/);
    });
  }
});

Deno.test("muster controller start --detach starts one and tells its URL and pid", async () => {
  const flags: (readonly string[])[] = [];
  const starter = aStarter({
    answers: () => Promise.resolve(false),
    start: (_home, words) => {
      flags.push(words);
      return Promise.resolve({ pid: 1, isOurs: true });
    },
  });
  const { code, out } = await muster(["controller", "start", "--detach", "--listen", "127.0.0.1:0"], {
    ports: { starter },
  });
  assert.equal(code, 0);
  assert.equal(
    out,
    "Started a controller at http://127.0.0.1:7770, pid 4242 (muster controller stop ends it)\n",
  );
  assert.deepEqual(flags, [["--listen=127.0.0.1:0"]]);
});

Deno.test("muster controller start --detach leaves a running one alone and refuses one elsewhere", async () => {
  const running = await muster(["controller", "start", "--detach"]);
  assert.match(running.out, /^A controller already runs at /);
  const starter = aStarter({
    answers: () => Promise.resolve(false),
    elsewhere: () => Promise.resolve("login1"),
  });
  const elsewhere = await muster(["controller", "start", "--detach"], { ports: { starter } });
  assert.equal(elsewhere.code, 6);
  assert.match(elsewhere.err, /lives on "login1"/);
});

Deno.test("muster controller status tells where it is and whether it comes back", async () => {
  const { out } = await muster(["controller", "status"]);
  assert.equal(
    out,
    "url             http://127.0.0.1:7770\n" +
      "pid             4242\n" +
      "version         0.1.0\n" +
      "up              3h\n" +
      "agents          1 host ready, 0 away, 0 lost; they dial 127.0.0.1:7771\n" +
      "fleet           f1\n" +
      "after a reboot  stays off (muster controller install brings it back)\n",
  );
});

Deno.test("muster controller stop waits until it is gone, and is content where none runs", async () => {
  assert.equal(
    (await muster(["controller", "stop"])).out,
    "Stopped the controller; tasks go on at their hosts\n",
  );
  const none = await muster(["controller", "stop"], { isRunning: false });
  assert.deepEqual([none.code, none.out, none.err], [0, "", "No controller runs on this machine\n"]);
  const stuck = await muster(["controller", "stop"], {
    ports: { starter: aStarter({ ends: () => Promise.resolve(false) }) },
  });
  assert.equal(stuck.code, 7);
});

Deno.test("muster controller stop ends the controller that is named, not this machine's", async () => {
  const client = createFakeClient();
  const argv = ["controller", "stop", "--controller", "unix:/tmp/other.sock"];
  const { out, addresses } = await muster(argv, { client });
  assert.equal(out, "The controller stops; tasks go on at their hosts\n");
  assert.deepEqual(addresses, [{ kind: "socket", path: "/tmp/other.sock" }]);
  assert.deepEqual(client.calls.map(({ method }) => method), ["shutdown", "close"]);
});

Deno.test("muster controller install writes the unit and enables it, uninstall takes both back", async () => {
  const config = await Deno.makeTempDir();
  const ran: (readonly string[])[] = [];
  const options = {
    env: { XDG_CONFIG_HOME: config },
    ports: {
      run: (argv: readonly string[]) => {
        ran.push(argv);
        return Promise.resolve({ code: 0, stdout: "", stderr: "" });
      },
    },
  };
  const path = join(config, "systemd/user/muster-controller.service");
  try {
    const dry = await muster(["controller", "install", "--dry-run"], options);
    assert.ok(dry.out.startsWith(`write ${path}\n[Unit]\n`));
    assert.match(dry.out, /run systemctl --user enable --now muster-controller\.service\n$/);
    assert.deepEqual([ran, [...Deno.readDirSync(config)]], [[], []]);

    const installed = await muster(["controller", "install"], options);
    assert.equal(installed.code, 0);
    assert.match(installed.err, /loginctl enable-linger/);
    const unit = await Deno.readTextFile(path);
    assert.match(unit, /\nExecStart="\/usr\/local\/bin\/muster" "controller" "start" "--background"\n/);
    assert.ok(unit.includes(`\nEnvironment="MUSTER_HOME=${LAB_HOME}"\n`));

    assert.equal((await muster(["controller", "uninstall"], options)).code, 0);
    assert.deepEqual(ran.map((argv) => argv.slice(2).join(" ")), [
      "daemon-reload",
      "enable --now muster-controller.service",
      "disable --now muster-controller.service",
    ]);
    assert.equal((await muster(["controller", "uninstall"], options)).code, 3);
  } finally {
    await Deno.remove(config, { recursive: true });
  }
});

Deno.test("muster controller install says what systemctl said", async () => {
  const config = await Deno.makeTempDir();
  try {
    const { code, err } = await muster(["controller", "install"], {
      env: { XDG_CONFIG_HOME: config },
      ports: { run: () => Promise.resolve({ code: 1, stdout: "", stderr: "Failed to connect to bus\n" }) },
    });
    assert.equal(code, 6);
    assert.match(err, /systemctl --user daemon-reload ended with code 1: Failed to connect to bus\n/);
  } finally {
    await Deno.remove(config, { recursive: true });
  }
});

Deno.test("muster agent start runs the agent, or starts it in the background", async () => {
  const { roles, started } = recordingRoles();
  assert.equal((await muster(["agent", "start", "--executor", "noop"], { roles })).code, 0);
  assert.equal((started[0] as { executor: string }).executor, "noop");
  assert.match(
    (await muster(["agent", "start", "--detach"])).out,
    /^Started an agent, pid 4343; its log is /,
  );
  assert.equal((await muster(["agent", "start", "--executor", "x"])).code, 2);
});

function aStarter(over: Partial<Ports["starter"]>): Ports["starter"] {
  return {
    answers: () => Promise.resolve(true),
    elsewhere: () => Promise.resolve(null),
    start: () => Promise.reject(new Error("started one")),
    ends: () => Promise.resolve(true),
    ...over,
  };
}
