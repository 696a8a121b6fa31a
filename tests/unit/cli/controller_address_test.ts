import assert from "node:assert/strict";
import type { Address } from "../../../clients/typescript/client.ts";
import type { ClientFile } from "../../../system/client_file.ts";
import { chooseController, parseControllerUrl } from "../../../cli/controller_address.ts";
import { MusterError } from "../../../core/errors.ts";

const SOCKET: Address = { kind: "socket", path: "/home/me/.muster/controller/api.sock" };
const DESK = { url: "https://desk:7770", token: "t1", ca: "PEM", serverName: "controller.f.muster.internal" };
const FILE: ClientFile = {
  current: "desk",
  contexts: { desk: DESK, near: { url: "http://127.0.0.1:7770", token: "t2" } },
};
const DESK_ADDRESS: Address = { kind: "https", ...DESK };

function choose(over: { flag?: string; env?: Record<string, string>; file?: ClientFile }) {
  const env: Readonly<Record<string, string | undefined>> = over.env ?? {};
  return chooseController({
    flag: over.flag,
    env: (name) => env[name],
    file: over.file ?? { ...FILE, current: null },
    socket: SOCKET.kind === "socket" ? SOCKET.path : "",
  });
}

Deno.test("chooseController() takes the flag, then the environment, then the context, then this machine", () => {
  assert.deepEqual(choose({}), { address: SOCKET, isLocal: true, source: "this machine" });
  assert.deepEqual(choose({ file: FILE }), { address: DESK_ADDRESS, isLocal: false, source: "context" });
  const env = { MUSTER_CONTROLLER: "near" };
  const near = { kind: "http", url: "http://127.0.0.1:7770", token: "t2" };
  assert.deepEqual(choose({ file: FILE, env }), { address: near, isLocal: false, source: "environment" });
  const flagged = choose({ file: FILE, env, flag: "unix:/x/api.sock" });
  assert.deepEqual(flagged, {
    address: { kind: "socket", path: "/x/api.sock" },
    isLocal: false,
    source: "flag",
  });
  assert.deepEqual(choose({ file: FILE, flag: "local" }), { address: SOCKET, isLocal: true, source: "flag" });
});

Deno.test("chooseController() takes local for this machine, also where its token is kept", () => {
  const known = { url: "http://127.0.0.1:7770", token: "t" };
  const file: ClientFile = { current: "local", contexts: { local: known } };
  assert.deepEqual(choose({ file }), { address: SOCKET, isLocal: true, source: "this machine" });
  assert.deepEqual(choose({ file, flag: "local" }).address, SOCKET);
  assert.deepEqual(choose({ file, flag: known.url }).address, { kind: "http", ...known });
});

Deno.test("chooseController() finds the token of a URL in the contexts, else in MUSTER_TOKEN", () => {
  assert.deepEqual(choose({ flag: "https://desk:7770/" }).address, DESK_ADDRESS);
  assert.deepEqual(choose({ flag: "http://[::1]:99", env: { MUSTER_TOKEN: "t3" } }).address, {
    kind: "http",
    url: "http://[::1]:99",
    token: "t3",
  });
});

Deno.test("chooseController() says how to log in where a token or authority is missing", () => {
  const cases: [string, Record<string, string>, string][] = [
    ["https://other:7770", {}, "muster login https://other:7770 --ca SHA256:…"],
    ["http://localhost:7770", {}, "muster login http://localhost:7770"],
    ["https://other:7770", { MUSTER_TOKEN: "t" }, "muster login https://other:7770 --ca SHA256:…"],
  ];
  for (const [flag, env, hint] of cases) {
    assert.throws(() => choose({ flag, env }), (error) => {
      assert.ok(error instanceof MusterError);
      assert.deepEqual([error.code, error.hint], ["Unauthenticated", hint]);
      return true;
    });
  }
});

Deno.test("parseControllerUrl() takes https anywhere and http on loopback alone", () => {
  assert.equal(parseControllerUrl("https://desk.example:7770/some/path"), "https://desk.example:7770");
  assert.equal(parseControllerUrl("http://127.0.0.1:7770"), "http://127.0.0.1:7770");
  for (
    const text of [
      ...["desk", "ftp://desk", "http://desk:7770", "http://127.0.0.1.evil.example", "https://u:secret@desk"],
    ]
  ) {
    assert.throws(() => parseControllerUrl(text), (error) => {
      assert.ok(error instanceof MusterError && error.code === "InvalidInput");
      assert.doesNotMatch(`${error.message} ${error.hint}`, /secret/);
      return true;
    });
  }
});
