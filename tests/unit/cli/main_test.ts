import assert from "node:assert/strict";
import { COMMANDS } from "../../../cli/command_table.ts";
import { EXIT_CODES } from "../../../cli/exit_codes.ts";
import { type ErrorCode, MusterError } from "../../../core/errors.ts";
import { createFakeClient } from "../../fakes/fake_client.ts";
import { muster } from "../../labs/cli_lab.ts";

Deno.test("muster alone prints the commands under their headings", async () => {
  const { code, out, err } = await muster([]);
  assert.deepEqual([code, err], [0, ""]);
  const headings = ["Run work:", "See work:", "Change work:", "Fleet:", "Controller:", "Access:"];
  const places = headings.map((heading) => out.indexOf(`\n${heading}\n`));
  assert.ok(places.every((place) => place > 0), out);
  assert.deepEqual(places, [...places].sort((a, b) => a - b));
  assert.doesNotMatch(out, /--controller|--background/);
});

Deno.test("muster help, --help and a noun alone print help and exit with 0", async (t) => {
  for (const argv of [["help"], ["--help"], ["-h"], ["controller"], ["help", "token"], ["--quiet"]]) {
    await t.step(argv.join(" "), async () => {
      const { code, out } = await muster(argv);
      assert.equal(code, 0);
      assert.match(out, /^Usage: muster /);
    });
  }
});

Deno.test("every command has help with its words, an example that parses, and the common flags", async (t) => {
  for (const spec of COMMANDS) {
    await t.step(spec.words, async () => {
      const asked = await muster([...spec.words.split(" "), "--help"]);
      const helped = await muster(["help", ...spec.words.split(" ")]);
      assert.equal(asked.code, 0);
      assert.equal(asked.out, helped.out);
      assert.ok(asked.out.startsWith(`Usage: muster ${spec.words} `), asked.out);
      assert.ok(asked.out.includes(spec.about));
      assert.ok(asked.out.trimEnd().endsWith(`Example:\n  ${spec.example}`), asked.out);
      for (const flag of ["--output", "--controller", "--quiet", "--yes"]) {
        assert.ok(asked.out.includes(flag), flag);
      }
      assert.ok(spec.example.startsWith(`muster ${spec.words}`));
      assert.doesNotMatch(asked.out, /undefined|\[object/);
      assert.ok(asked.out.split("\n").every((line) => line.length <= 100), "a line is too long");
      assert.equal(typeof (await spec.load()).run, "function");
    });
  }
});

Deno.test("runCli() prints an error as one line and a hint, and as JSON where asked", async () => {
  const client = createFakeClient({
    jobs: () => Promise.reject(new MusterError("Conflict", "Cannot list jobs: no", { hint: "muster help" })),
  });
  const plain = await muster(["list"], { client });
  assert.deepEqual([plain.code, plain.out], [6, ""]);
  assert.equal(plain.err, "muster: Cannot list jobs: no\nhint: muster help\n");
  const asJson = await muster(["list", "--output", "json"], { client });
  assert.equal(asJson.code, 6);
  assert.deepEqual(JSON.parse(asJson.err), {
    error: { code: "Conflict", message: "Cannot list jobs: no", hint: "muster help" },
  });
});

Deno.test("runCli() turns each error code into its exit code", async (t) => {
  for (const [code, exit] of Object.entries(EXIT_CODES)) {
    await t.step(code, async () => {
      const fault = new MusterError(code as ErrorCode, "Cannot: no");
      const client = createFakeClient({ jobs: () => Promise.reject(fault) });
      assert.equal((await muster(["list"], { client })).code, exit);
    });
  }
});

Deno.test("runCli() calls a fault of ours one, and shows the stack only for MUSTER_LOG=debug", async () => {
  const client = createFakeClient({ jobs: () => Promise.reject(new TypeError("x is undefined")) });
  const plain = await muster(["list"], { client });
  assert.equal(plain.code, 7);
  assert.match(plain.err, /^muster: Cannot go on: x is undefined\nhint: .*MUSTER_LOG=debug.*\n$/);
  const debug = await muster(["list"], { client, env: { MUSTER_LOG: "debug" } });
  assert.match(debug.err, /\n\s+at /);
});

Deno.test("runCli() strips what a terminal would obey from an error", async () => {
  const client = createFakeClient({
    jobs: () => Promise.reject(new MusterError("NotFound", "Cannot find \x1b[31mred\x1b]0;title\x07")),
  });
  assert.equal((await muster(["list"], { client })).err, "muster: Cannot find red\n");
});

Deno.test("runCli() ends quietly when nobody reads its output", async () => {
  let said = "";
  const { code } = await muster(["list"], {
    ports: {
      output: {
        out: () => {
          throw new Deno.errors.BrokenPipe();
        },
        err: (text) => said += text,
      },
    },
  });
  assert.deepEqual([code, said], [141, ""]);
});

Deno.test("runCli() closes the client, also after an error", async () => {
  let closed = 0;
  const close = () => void closed++;
  await muster(["list"], { client: createFakeClient({ close }) });
  await muster(["list"], {
    client: createFakeClient({ close, jobs: () => Promise.reject(new Error("no")) }),
  });
  assert.equal(closed, 2);
});

Deno.test("runCli() refuses an unknown output format before anything is asked", async () => {
  const { code, err, addresses } = await muster(["list", "--output", "xml"]);
  assert.deepEqual([code, addresses], [2, []]);
  assert.equal(err, 'muster: Cannot print as "xml": --output takes table or json\n');
});

Deno.test("runCli() starts a controller where none runs and none is named, and says so in one line", async () => {
  const { code, err, addresses } = await muster(["list"], { isRunning: false });
  assert.equal(code, 0);
  assert.equal(err, "Started a controller on this machine (muster controller stop ends it)\n");
  assert.deepEqual(addresses, [{ kind: "socket", path: "/nonexistent/muster/controller/api.sock" }]);
});

Deno.test("runCli() starts none for a controller that is named, nor for commands that only look", async (t) => {
  const start = () => Promise.reject(new Error("started one"));
  const starter = {
    answers: () => Promise.resolve(false),
    elsewhere: () => Promise.resolve(null),
    ends: () => Promise.resolve(true),
    start,
  };
  await t.step("named by a flag", async () => {
    const { code } = await muster(["list", "--controller", "unix:/tmp/other.sock"], { ports: { starter } });
    assert.equal(code, 0);
  });
  for (const argv of [["status"], ["status", "words"], ["controller", "status"], ["token", "list"]]) {
    await t.step(argv.join(" "), async () => {
      const { code, err } = await muster(argv, { ports: { starter } });
      assert.equal(code, 4);
      assert.match(err, /no controller runs on this machine\nhint: muster sub … starts one/);
    });
  }
});

Deno.test("runCli() starts none when MUSTER_HOME's controller lives on another machine", async () => {
  const { code, err } = await muster(["list"], {
    ports: {
      starter: {
        answers: () => Promise.resolve(false),
        elsewhere: () => Promise.resolve("login1"),
        start: () => Promise.reject(new Error("started one")),
        ends: () => Promise.resolve(true),
      },
    },
  });
  assert.equal(code, 4);
  assert.match(err, /^muster: Cannot start a controller: that of MUSTER_HOME ".*" lives on "login1"\nhint: /);
});

Deno.test("runCli() finds the controller's socket under data_dir of config.yaml, and names an unknown key", async () => {
  const home = await Deno.makeTempDir();
  const env = { MUSTER_HOME: home };
  try {
    await Deno.writeTextFile(`${home}/config.yaml`, "data_dir: /scratch/muster\n");
    assert.deepEqual((await muster(["list"], { env })).addresses, [{
      kind: "socket",
      path: "/scratch/muster/api.sock",
    }]);
    await Deno.writeTextFile(`${home}/config.yaml`, "data_dri: /scratch/muster\n");
    const { code, err } = await muster(["list"], { env });
    assert.equal(code, 2);
    assert.match(err, /unknown key "data_dri"\nhint: Did you mean "data_dir"\?/);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
