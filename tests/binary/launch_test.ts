import assert from "node:assert/strict";
import { testUnless } from "../labs/skip.ts";
import { hostFile, run, temporary } from "./built.ts";

const { file, isSelfExtracting } = hostFile();
const reason = isSelfExtracting
  ? undefined
  : "this machine builds the compiled form, which has no shell header";

/** Stands in for the engine: prints its environment and the words after main.js, each ended by NUL. */
const ENGINE = `#!/bin/sh
case $1 in --version) exit 0;; esac
while [ "\${1##*/}" != main.js ]; do shift; done
shift
case $1 in exit) exit "$2";; kill) kill -"$2" $$;; esac
printf '%s\\0' "$MUSTER_SELF" "$DENO_DIR" "\${DENO_SERVE_ADDRESS-unset}" "\${PREFIXED-unset}" "$@"
`;

/** Declares a test of the header with a directory that is unpacked and whose engine is {@linkcode ENGINE}. */
function launchTest(name: string, body: (home: string, cache: string, path: string) => Promise<void>): void {
  testUnless(reason, `the header of self-extracting muster ${name}`, async () => {
    await using lab = await temporary();
    const home = `${lab.path}/home = 100% #1`;
    assert.equal((await run([file, "--version"], { MUSTER_HOME: home })).code, 0);
    const [entry] = await Array.fromAsync(Deno.readDir(`${home}/cache`));
    const cache = `${home}/cache/${entry!.name}`;
    await Deno.writeTextFile(`${cache}/muster`, ENGINE);
    await body(home, cache, lab.path);
  });
}

/** What the stand-in engine saw. */
async function seen(argv: readonly string[], env: Record<string, string>, cwd?: string) {
  const { stdout, stderr, code } = await run(argv, env, cwd);
  assert.deepEqual([code, stderr], [0, ""]);
  const [self, engineHome, serveAddress, prefixed, ...args] = stdout.split("\0").slice(0, -1);
  return { self, engineHome, serveAddress, prefixed, args };
}

launchTest("hands on every argument as it is", async (home) => {
  const args = ["", "a b", "c\nd", "*", "$HOME", "`id`", "'", '"', "\\", "--", "-n", "é", "", ""];
  assert.deepEqual((await seen([file, ...args], { MUSTER_HOME: home })).args, args);
});

launchTest("knows its own file however it is called", async (home, _cache, path) => {
  const env = { MUSTER_HOME: home };
  const folder = `${path}/bin`;
  await Deno.mkdir(folder);
  await Deno.symlink(file, `${folder}/muster`);
  const PATH = `${folder}:${Deno.env.get("PATH")}`;
  const calls: readonly (readonly [readonly string[], Record<string, string>, string | undefined])[] = [
    [[`${folder}/muster`], env, undefined],
    [["/usr/bin/env", "muster"], { ...env, PATH }, "/"],
    [["sh", "muster"], env, folder],
    [["sh", "-c", "./muster"], env, folder],
    [["sh", "-c", "bin/muster"], env, path],
  ];
  for (const [argv, variables, cwd] of calls) {
    const { self } = await seen(argv, variables, cwd);
    assert.equal(await Deno.realPath(self!), await Deno.realPath(file), argv.join(" "));
    assert.ok(self!.startsWith("/"), String(self));
  }
});

launchTest("keeps the engine's files inside the unpacked directory", async (home, cache) => {
  const { engineHome } = await seen([file], { MUSTER_HOME: home, DENO_DIR: "/nowhere" });
  assert.ok(engineHome!.startsWith(`${cache}/engine-`), String(engineHome));
});

launchTest("drops a person's own engine settings", async (home) => {
  const { serveAddress } = await seen([file], { MUSTER_HOME: home, DENO_SERVE_ADDRESS: "tcp:0.0.0.0:1" });
  assert.equal(serveAddress, "unset");
});

launchTest("puts the words of MUSTER_EXEC_PREFIX before the engine", async (home) => {
  const folder = await Deno.makeTempDir(); // the words are split at spaces, so its path has none
  try {
    const prefix = '#!/bin/sh\nPREFIXED="$1 $2"; export PREFIXED; shift 2; exec "$@"\n';
    await Deno.writeTextFile(`${folder}/prefix`, prefix, { mode: 0o755 });
    const env = { MUSTER_HOME: home, MUSTER_EXEC_PREFIX: `${folder}/prefix  -L *` };
    assert.equal((await seen([file, "x"], env)).prefixed, "-L *");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

launchTest("passes on the exit code and the signal", async (home) => {
  assert.equal((await run([file, "exit", "43"], { MUSTER_HOME: home })).code, 43);
  assert.equal((await run([file, "kill", "TERM"], { MUSTER_HOME: home })).signal, "SIGTERM");
});

testUnless(reason, "self-extracting muster reads no settings of the directory it is called in", async () => {
  await using lab = await temporary();
  const files = ["deno.json", "package.json", "deno.lock", ".npmrc", ".env", "tsconfig.json"];
  for (const name of files) await Deno.writeTextFile(`${lab.path}/${name}`, "{ broken");
  await Deno.mkdir(`${lab.path}/home`);
  const env = { HOME: `${lab.path}/home`, MUSTER_HOME: `${lab.path}/muster` };
  const { code, stderr } = await run([file, "--version"], env, lab.path);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(`${lab.path}/home`)), []);
  const left = await Array.fromAsync(Deno.readDir(lab.path), ({ name }) => name);
  assert.deepEqual(left.sort(), [...files, "home", "muster"].sort());
});
