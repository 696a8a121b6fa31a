import assert from "node:assert/strict";
import { testUnless } from "../labs/skip.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { hostFile, run } from "./built.ts";
import { homeLab, processes, sharedLab } from "./home_lab.ts";

const lab = sharedLab();

/** One request with nothing added: a client library would write its own Host and tidy the path. */
interface Raw {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends the bytes of one request to the controller's port and reads until it closes. */
async function send(url: string, { method = "GET", path, headers = {}, body = "" }: Raw): Promise<Answer> {
  const { hostname, port, host } = new URL(url);
  const sent = {
    host,
    connection: "close",
    ...body === "" ? {} : { "content-length": String(body.length) },
    ...headers,
  };
  const lines = Object.entries(sent).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const writer = connection.writable.getWriter();
  await writer.write(new TextEncoder().encode(`${method} ${path} HTTP/1.1\r\n${lines}\r\n${body}`)).catch(
    () => {},
  );
  let text = "";
  for await (const part of connection.readable.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (isWhole(text)) break; // The server may wait for the rest of a body that it refused.
  }
  return parseAnswer(text);
}

function isWhole(text: string): boolean {
  const { headers, body } = parseAnswer(text);
  const length = headers.get("content-length");
  return length !== undefined && text.includes("\r\n\r\n") && body.length >= Number(length);
}

function parseAnswer(text: string): Answer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const headers = new Map(lines.map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
  }));
  return { status: Number(first.split(" ")[1]), headers, body: rest.join("\r\n\r\n") };
}

function errorOf({ body }: Answer): { readonly code: string; readonly message: string } {
  const start = body.indexOf("{");
  return JSON.parse(body.slice(start, body.lastIndexOf("}") + 1)).error;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

Deno.test("over TCP a wrong, missing, revoked or expired token is refused with 401", async (t) => {
  await lab.ok("sub", "-n", "job", "--", "true");
  const { url, token } = await lab.access();
  const path = "/api/v1/jobs";
  const revoked = await lab.json("token", "create", "revoked");
  assert.equal((await send(url, { path, headers: bearer(revoked.token) })).status, 200);
  await lab.ok("token", "revoke", revoked.id);
  const expired = await lab.json("token", "create", "expired", "--expires", "1s");
  await waitUntil(() => Date.now() > Date.parse(expired.expires_at), { what: "the expiry" });
  const cases: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["missing", {}],
    ["empty", { authorization: "" }],
    ["wrong", bearer("muster_wrong")],
    ["cut short", bearer(token.slice(0, -1))],
    ["not a bearer token", { authorization: `Basic ${btoa(`owner:${token}`)}` }],
    ["revoked", bearer(revoked.token)],
    ["expired", bearer(expired.token)],
  ];
  for (const [name, headers] of cases) {
    await t.step(name, async () => {
      const answer = await send(url, { path, headers });
      assert.deepEqual([answer.status, errorOf(answer).code], [401, "Unauthenticated"]);
      assert.doesNotMatch(answer.body, new RegExp(token));
    });
  }
  await t.step("in the query", async () => {
    assert.equal((await send(url, { path: `${path}?token=${token}&access_token=${token}` })).status, 401);
  });
  await t.step("the right one", async () => {
    assert.equal((await send(url, { path, headers: bearer(token) })).status, 200);
  });
  await t.step("the command line with a revoked one", async () => {
    const { code, stderr } = await lab.muster(["login", url, "--name", "old"], {
      input: `${revoked.token}\n`,
    });
    assert.equal(code, 5);
    assert.match(stderr, /^muster: Cannot [^\n]+\nhint: [^\n]+\n$/);
    assert.doesNotMatch(stderr, new RegExp(revoked.token));
  });
});

Deno.test("a token may do what its role may, and no more", async () => {
  await lab.ok("sub", "-n", "job", "--", "true");
  const { url } = await lab.access();
  const reader = (await lab.json("token", "create", "reader", "--role", "read")).token;
  const submitter = (await lab.json("token", "create", "submitter")).token;
  const submit = { method: "POST", path: "/api/v1/jobs", body: '{"command":{"argv":["true"]}}' };
  const status = async (token: string, raw: Raw) =>
    (await send(url, { ...raw, headers: bearer(token) })).status;
  assert.equal(await status(reader, { path: "/api/v1/jobs" }), 200);
  assert.equal(await status(reader, submit), 403);
  assert.equal(await status(reader, { method: "DELETE", path: "/api/v1/jobs/job" }), 403);
  assert.equal(await status(submitter, submit), 201);
  for (const path of ["/api/v1/tokens", "/api/v1/shutdown"]) {
    assert.equal(await status(submitter, { method: "POST", path, body: '{"name":"x"}' }), 403, path);
  }
});

/** A request's body and the words that must name what is wrong with it. */
const BAD_BODIES: readonly (readonly [string, RegExp])[] = [
  ["nope", /it is not JSON/],
  [" ", /it is not JSON/],
  ["[]", /expected object, received array/],
  ['{"command":{"argv":["true"]},"seqq":3}', /unknown field "seqq"/],
  ['{"command":{"argv":[]}}', /field "command\.argv"/],
  ['{"command":{"argv":["true"]},"seq":"x"}', /field "seq"/],
  ['{"command":{"argv":["true"]},"seq":1000001}', /field "seq"/],
  ['{"command":{"argv":["true"]},"env":{"A":1}}', /field "env\.A"/],
  ['{"command":{"argv":["true"]},"cpus":-1}', /field "cpus"/],
  ['{"command":{"argv":["true"]},"after":[{"job":"x","when":"never"}]}', /field "after\[0\]\.when"/],
  ['{"command":{"argv":["true"]},"directory":"relative"}', /wanted an absolute path/],
  ['{"command":{"argv":["true"]},"results":["../../x"]}', /"\.\.\/\.\.\/x"/],
  ['{"command":{"argv":["true"]},"parameters":{"columns":["a"],"rows":[["1","2"]]}}', /row 1 of parameters/],
  ['{"name":"../x","command":{"argv":["true"]}}', /"\.\.\/x"/],
];

Deno.test("a body that is not JSON, too large or of the wrong shape is refused, and the field named", async (t) => {
  await lab.ok("controller", "start", "--detach");
  const { url, token } = await lab.access();
  const before = await lab.json("list");
  for (const [body, words] of BAD_BODIES) {
    await t.step(body, async () => {
      const answer = await send(url, { method: "POST", path: "/api/v1/jobs", headers: bearer(token), body });
      assert.deepEqual([answer.status, errorOf(answer).code], [400, "InvalidInput"], answer.body);
      assert.match(errorOf(answer).message, words);
    });
  }
  await t.step("too large by its Content-Length", async () => {
    const headers = { ...bearer(token), "content-length": String(65 * 1024 * 1024) };
    const answer = await send(url, { method: "POST", path: "/api/v1/jobs", headers, body: "{" });
    assert.deepEqual([answer.status, errorOf(answer).code], [413, "TooLarge"]);
  });
  await t.step("too large as it comes", async () => {
    const chunk = new Uint8Array(1024 * 1024).fill(32);
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => sent++ < 70 ? controller.enqueue(chunk) : controller.close(),
    });
    const response = await fetch(`${url}/api/v1/jobs`, { method: "POST", headers: bearer(token), body });
    assert.equal((await response.json()).error.code, "TooLarge");
  });
  await t.step("nothing was submitted", async () => assert.deepEqual(await lab.json("list"), before));
});

Deno.test("a request with a foreign Host or Origin is refused, with a valid token too", async () => {
  await lab.ok("controller", "start", "--detach");
  const { url, token } = await lab.access();
  const { host, port } = new URL(url);
  const status = async (headers: Readonly<Record<string, string>>) =>
    (await send(url, { path: "/api/v1/jobs", headers: { ...bearer(token), ...headers } })).status;
  for (
    const foreign of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example", "", `127.0.0.1:1`]
  ) {
    assert.equal(await status({ host: foreign }), 421, `Host: ${foreign}`);
  }
  for (const foreign of ["http://evil.example", "null", "http://127.0.0.1:1"]) {
    assert.equal(await status({ origin: foreign }), 403, `Origin: ${foreign}`);
  }
  assert.equal(await status({ origin: `http://${host}` }), 200);
  assert.equal(await status({ host: `localhost:${port}` }), 200);
  const preflight = { origin: "http://evil.example", "access-control-request-method": "POST" };
  const answer = await send(url, { method: "OPTIONS", path: "/api/v1/jobs", headers: preflight });
  assert.equal(answer.headers.get("access-control-allow-origin"), undefined);
});

/** Paths that would leave their root if somebody believed them. */
const CLIMBING = [
  "/../../../../etc/passwd",
  "/api/v1/jobs/../../../etc/passwd",
  "/api/v1/jobs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "/api/v1/jobs/job/tasks/..%2f..%2f1/log",
  "/api/v1/jobs/job/tasks/1%00/log",
  "/api/v1/blobs/..%2f..%2f..%2fclient.json",
  "/api/v1/blobs/%2e%2e/muster.db",
  `/api/v1/blobs/${"A".repeat(64)}`,
  `/api/v1/blobs/${"0".repeat(64)}`,
  "/docs/../muster.db",
  "//etc/passwd",
];

Deno.test("no path over HTTP leaves its root, and none is read without a token", async () => {
  await lab.ok("sub", "-n", "job", "--", "true");
  const { url, token } = await lab.access();
  for (const path of CLIMBING) {
    const answer = await send(url, { path, headers: bearer(token) });
    assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status}`);
    assert.doesNotMatch(answer.body, /root:|"token"|SQLite/);
    assert.equal((await send(url, { path })).status, 401, path);
  }
});

Deno.test("a task's output comes as an attachment, sandboxed, and its files cannot climb out of a fetch", async () => {
  const html = "<script>alert(1)</script>";
  await lab.ok(
    "sub",
    "-n",
    "page",
    `printf '%s' '${html}'; echo x > x.html; ln -s /etc/passwd link; mkfifo pipe; mkdir -p d; echo y > 'd/..y'`,
  );
  const { url, token } = await lab.access();
  for (const path of ["/api/v1/jobs/page/tasks/1/log", "/api/v1/jobs/page/files"]) {
    const { headers, status } = await send(url, { path, headers: bearer(token) });
    assert.equal(status, 200);
    assert.match(headers.get("content-disposition") ?? "", /^attachment/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-security-policy") ?? "", /sandbox/);
    assert.doesNotMatch(headers.get("content-type") ?? "", /html/);
  }
  await lab.ok("fetch", "page", "out");
  const names = await Array.fromAsync(Deno.readDir(`${lab.path}/out/1`), ({ name }) => name);
  assert.deepEqual(names.sort(), ["d", "result.json", "stdout.txt", "x.html"]);
});

Deno.test("control sequences of a task are stripped from logs, and passed on by --raw alone", async () => {
  const nasty = String
    .raw`\033[31mred\033[0m\033]0;title\007\033]8;;http://evil\033\\link\033]8;;\033\\\r\b\033[2J\033P1$r\033\\end\n`;
  await lab.ok("sub", "-n", "nasty", `printf '${nasty}'`);
  // deno-lint-ignore no-control-regex
  const control = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
  assert.equal(await lab.ok("logs", "nasty"), "redlinkend\n");
  const raw = await lab.ok("logs", "nasty", "--raw");
  assert.ok(raw.startsWith("\x1b[31mred\x1b[0m\x1b]0;title\x07"), JSON.stringify(raw));
  const { code, stdout, stderr } = await lab.muster([
    "sub",
    "-n",
    "argv",
    "--",
    "printf",
    "\x1b[31m\x07%s",
    "\x1b]0;x\x07",
  ]);
  assert.equal(code, 0);
  const shown = [
    stdout,
    stderr,
    await lab.ok("show", "argv"),
    await lab.ok("show", "argv", "1"),
    await lab.ok("list"),
  ];
  shown.forEach((text) => assert.doesNotMatch(text, control));
  const refused = await lab.muster(["show", "\x1b[31mx"]);
  assert.doesNotMatch(refused.stderr, control);
});

Deno.test("everything in MUSTER_HOME is its owner's alone, and no log or command line holds a secret", async () => {
  await lab.ok("sub", "-n", "job", "--seq", "3", "echo x > file; sleep 0.1");
  const made = await lab.json("token", "create", "laptop");
  const { url, token } = await lab.access();
  await lab.muster(["login", url, "--name", "again"], { input: `${made.token}\n` });
  const { stdout } = await run(["find", lab.home, "-printf", "%y %m %P\n"], {});
  const open = stdout.trim().split("\n").filter((line) => {
    const [kind, mode = "", path = ""] = line.split(" ");
    const isProgram = path.startsWith("cache/"); // Shut by its directory.
    const isTasks = /^agent\/[^/]+\/tasks\/./.test(path); // Theirs, with their umask, in a shut directory.
    return kind !== "l" && !isProgram && !isTasks && (Number.parseInt(mode, 8) & 0o077) !== 0;
  });
  assert.deepEqual(open, []);
  assert.equal((await Deno.stat(`${lab.home}/cache`)).mode! & 0o777, 0o700);
  const secrets = [token, made.token];
  for await (const { name } of Deno.readDir(`${lab.home}/logs`)) {
    const text = await Deno.readTextFile(`${lab.home}/logs/${name}`);
    secrets.forEach((secret) => assert.ok(!text.includes(secret), `${name} holds a token`));
    assert.doesNotMatch(text, /PRIVATE KEY/);
  }
  const ours = (await processes()).filter(({ words }) => words.includes(lab.path));
  assert.ok(ours.length >= 2, "the controller and the agent are there");
  ours.forEach(({ words }) => secrets.forEach((secret) => assert.ok(!words.includes(secret), words)));
  const database = await Deno.readFile(`${lab.home}/controller/muster.db-wal`);
  const stored = new TextDecoder("latin1").decode(database);
  secrets.forEach((secret) => assert.ok(!stored.includes(secret), "the database holds a token in the clear"));
});

Deno.test("a data directory that was open to others is shut, its database too", async () => {
  await using lab = await homeLab();
  const data = `${lab.path}/data`;
  await Deno.mkdir(data, { mode: 0o755 });
  await lab.ok("controller", "start", "--detach", "--listen", "127.0.0.2:0", "--data-dir", data);
  assert.equal((await Deno.stat(data)).mode! & 0o777, 0o700);
  for (const name of ["muster.db", "muster.db-wal", "api.sock"]) {
    assert.equal((await Deno.stat(`${data}/${name}`)).mode! & 0o077, 0, name);
  }
  await run([
    "curl",
    "--silent",
    "-X",
    "POST",
    "--unix-socket",
    `${data}/api.sock`,
    "http://muster/api/v1/shutdown",
  ], {});
});

testUnless(
  await run(["ss", "-V"], {}).then(() => undefined, () => "ss(8) is missing"),
  "muster listens on loopback alone",
  async () => {
    await lab.ok("sub", "--", "true");
    const pids = (await processes()).filter(({ words }) => words.includes(lab.path)).map(({ pid }) =>
      `pid=${pid},`
    );
    const { stdout } = await run(["ss", "-Hlntup"], {});
    const ours = stdout.split("\n").filter((line) => pids.some((pid) => line.includes(pid)));
    assert.ok(ours.length >= 2, stdout);
    ours.forEach((line) => assert.match(line.trim().split(/\s+/)[4] ?? "", /^(127\.0\.0\.1|\[::1\]):\d+$/));
  },
);

Deno.test("muster login wants TLS and the authority's fingerprint off loopback, and tells no token", async () => {
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["login", "http://192.0.2.1:7770"], 2, /only loopback may be plain http/],
    [["login", "https://127.0.0.1:1"], 2, /--ca is missing\nhint: /],
    [["login", "https://127.0.0.1:1", "--ca", "SHA256:xx"], 4, /ECONNREFUSED/],
    [["login", "ftp://x"], 2, /ftp/],
  ];
  for (const [words, exitCode, error] of cases) {
    const { code, stdout, stderr } = await lab.muster(words, { input: "muster_secret\n" });
    assert.deepEqual([code, stdout], [exitCode, ""], stderr);
    assert.match(stderr, error);
    assert.doesNotMatch(stderr, /muster_secret/);
  }
  await lab.ok("controller", "start", "--detach");
  assert.match(await lab.ok("controller", "status"), /^authority +SHA256:\S+$/m);
});

/** Becomes alone on a network of its own, with an address that is not loopback, and tries a second person's login. */
const SECOND_PERSON = `
ip link set lo up && ip addr add 192.0.2.1/32 dev lo
"$MUSTER" controller start --detach --listen 192.0.2.1:0
url=$("$MUSTER" controller status | sed -n 's/^url *//p')
ca=$("$MUSTER" controller status | sed -n 's/^authority *//p')
"$MUSTER" token create laptop --quiet > token
export MUSTER_HOME="$PWD/second"
"$MUSTER" login "$url" --ca SHA256:0000 < token || echo "wrong fingerprint: $?"
"$MUSTER" login "$url" --ca "$ca" < token
"$MUSTER" sub -n theirs -- echo hello
"$MUSTER" logs theirs
"$MUSTER" token list || echo "not allowed: $?"
MUSTER_HOME="$FIRST" "$MUSTER" controller stop
`;

testUnless(
  await run(["unshare", "-n", "ip", "link"], {}).then(
    ({ code }) => code === 0 ? undefined : "a network of its own is not allowed here",
    () => "unshare(1) or ip(8) is missing",
  ),
  "off loopback the API speaks TLS, and a second person works with a fingerprint and a token",
  async () => {
    await using lab = await homeLab();
    const env = { ...lab.env(), MUSTER: hostFile().file, FIRST: lab.home };
    const { stdout, stderr } = await run(["unshare", "-n", "sh", "-uc", SECOND_PERSON], env, lab.path);
    assert.match(stdout, /wrong fingerprint: 5\nLogged in to https:\/\/192\.0\.2\.1:\d+ as context/, stderr);
    assert.match(stdout, /^Job theirs complete · 1 task in .*\n.*\nhello\nnot allowed: 5\nStopped/m, stderr);
    assert.match(stderr, /its authority has another fingerprint\nhint: /);
  },
);
