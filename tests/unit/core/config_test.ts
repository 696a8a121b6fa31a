import assert from "node:assert/strict";
import { configFromEnvironment, configFromFile, isLoopback, parseListen } from "../../../core/config.ts";

Deno.test("isLoopback() is true only for what no other machine can reach", () => {
  for (const name of ["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"]) {
    assert.equal(isLoopback(name), true, name);
  }
  for (
    const name of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.example.org", "127.x", "localhost.example.org"]
  ) {
    assert.equal(isLoopback(name), false, name);
  }
});

Deno.test("parseListen() takes a host and a port, and loopback where there is no host", () => {
  const cases: [string, string, number][] = [
    ["7770", "127.0.0.1", 7770],
    [":7770", "127.0.0.1", 7770],
    ["0.0.0.0:1", "0.0.0.0", 1],
    ["[::1]:65535", "::1", 65535],
    ["spark-1.local:0", "spark-1.local", 0],
  ];
  for (const [text, hostname, port] of cases) assert.deepEqual(parseListen(text, "it"), { hostname, port });
  for (const text of ["", "a:b", "::1:7770", "1.2.3.4:65536", "a b:1", "x:-1"]) {
    assert.throws(() => parseListen(text, "--listen"), {
      code: "InvalidInput",
      message: `Cannot read --listen "${text}": wanted HOST:PORT`,
    });
  }
});

Deno.test("configFromFile() names the key it does not know and the nearest one", () => {
  assert.deepEqual(configFromFile({ data_dir: "/data" }, "c.yaml"), { dataDir: "/data" });
  assert.deepEqual(configFromFile(null, "c.yaml"), {});
  assert.throws(() => configFromFile({ lisen: "1" }, "c.yaml"), {
    code: "InvalidInput",
    message: 'Cannot read c.yaml: unknown key "lisen"',
    hint: 'Did you mean "listen"?',
  });
  assert.throws(() => configFromFile({ data_dir: "data" }, "c.yaml"), /wants an absolute path, not "data"/);
  assert.throws(() => configFromFile({ listen: 7770 }, "c.yaml"), /"listen" wants words/);
});

Deno.test("configFromEnvironment() reads what is set and not empty", () => {
  const env: Record<string, string> = { MUSTER_LISTEN: "1", MUSTER_AGENT_LISTEN: "" };
  assert.deepEqual(configFromEnvironment((name) => env[name]), { listen: "1" });
});
