import assert from "node:assert/strict";
import { testUnless } from "../labs/skip.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { hostFile, run, temporary } from "./built.ts";

const { file, isSelfExtracting } = hostFile();
const reason = isSelfExtracting ? undefined : "this machine builds the compiled form, which unpacks nothing";

/** Declares a test of the self-extracting form in a directory of its own. */
function unpackTest(name: string, body: (path: string) => Promise<void>, otherReason?: string): void {
  testUnless(reason ?? otherReason, `self-extracting muster ${name}`, async () => {
    await using lab = await temporary();
    await body(lab.path);
  });
}

/** Names in a directory, dotted ones too, or none where it is missing. */
async function names(folder: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
  } catch {
    return [];
  }
}

async function start(env: Record<string, string>, program = file) {
  return await run([program, "--version"], env);
}

/** Starts once and answers the directory that was unpacked. */
async function unpacked(home: string): Promise<string> {
  assert.equal((await start({ MUSTER_HOME: home })).code, 0);
  const [name, ...others] = await names(`${home}/cache`);
  assert.deepEqual(others, []);
  return `${home}/cache/${name}`;
}

unpackTest("unpacks once, into a directory that only its owner can enter", async (path) => {
  const folder = await unpacked(`${path}/home`);
  const before = await Deno.stat(`${folder}/muster`);
  assert.equal(before.mode! & 0o777, 0o700);
  assert.equal((await Deno.stat(folder)).mode! & 0o7777, 0o700);
  assert.equal((await Deno.stat(`${path}/home`)).mode! & 0o777, 0o700);
  assert.equal(await unpacked(`${path}/home`), folder);
  assert.equal((await Deno.stat(`${folder}/muster`)).ino, before.ino);
});

unpackTest("leaves one whole directory when several first starts meet", async (path) => {
  const runs = await Promise.all(Array.from({ length: 4 }, () => start({ MUSTER_HOME: path })));
  assert.deepEqual(runs.map(({ code, stderr }) => [code, stderr]), Array(4).fill([0, ""]));
  const [folder, ...others] = await names(`${path}/cache`);
  assert.deepEqual(others, []);
  const inside = await names(`${path}/cache/${folder}`);
  assert.deepEqual(inside.filter((name) => name.startsWith(".")), [".complete"]);
});

unpackTest("never uses what a killed start left half unpacked", async (path) => {
  const first = new Deno.Command(file, {
    args: ["--version"],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH")!, MUSTER_HOME: path },
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  const part = await waitUntil(async () => (await names(`${path}/cache`))[0], {
    what: "the random directory",
  });
  await waitUntil(async () => (await names(`${path}/cache/${part}`)).length > 0, { what: "the first file" });
  Deno.kill(-first.pid, "SIGKILL"); // its helpers too
  await first.status;
  assert.match((await start({ MUSTER_HOME: path })).stdout, /^muster /);
  const [leftover, folder] = await names(`${path}/cache`);
  assert.match(leftover!, /^\.unpack\./);
  assert.ok((await names(`${path}/cache/${folder}`)).includes(".complete"));
});

unpackTest("unpacks under TMPDIR where MUSTER_HOME cannot be written", async (path) => {
  await Deno.writeTextFile(`${path}/file`, "");
  const env = { MUSTER_HOME: `${path}/file/home`, TMPDIR: path };
  const [first, second] = [await start(env), await start(env)];
  assert.deepEqual([first.code, first.stderr], [0, ""]);
  assert.deepEqual(second, first);
  const place = `${path}/muster-${Deno.uid()}`;
  assert.equal((await Deno.stat(place)).mode! & 0o777, 0o700);
  assert.equal((await names(place)).length, 1);
});

unpackTest("unpacks under TMPDIR where neither HOME nor MUSTER_HOME is set", async (path) => {
  assert.equal((await start({ TMPDIR: path })).code, 0);
  assert.deepEqual(await names(path), [`muster-${Deno.uid()}`]);
});

unpackTest("takes .muster in HOME for an empty MUSTER_HOME, and a relative one from here", async (path) => {
  assert.equal((await start({ HOME: path, MUSTER_HOME: "" })).code, 0);
  assert.deepEqual(await names(`${path}/.muster`), ["cache"]);
  await Deno.mkdir(`${path}/here`);
  assert.equal((await run([file, "--version"], { MUSTER_HOME: "a b" }, `${path}/here`)).code, 0);
  assert.deepEqual(await names(`${path}/here`), ["a b"]);
});

unpackTest("refuses a directory that is a link or that others can enter", async (path) => {
  const folder = await unpacked(path);
  await Deno.rename(folder, `${path}/moved`);
  await Deno.symlink(`${path}/moved`, folder);
  assertRefused(await start({ MUSTER_HOME: path }), folder);
  await Deno.remove(folder);
  await Deno.rename(`${path}/moved`, folder);
  await Deno.chmod(folder, 0o755);
  assertRefused(await start({ MUSTER_HOME: path }), folder);
});

unpackTest("refuses a linked directory under TMPDIR", async (path) => {
  await Deno.mkdir(`${path}/other`, { mode: 0o700 });
  await Deno.symlink(`${path}/other`, `${path}/muster-${Deno.uid()}`);
  assertRefused(await start({ TMPDIR: path }), `${path}/muster-${Deno.uid()}`);
});

function assertRefused({ code, stdout, stderr }: Awaited<ReturnType<typeof start>>, folder: string): void {
  assert.equal(
    stderr.split("\n")[0],
    `muster: Cannot use "${folder}": wanted a directory of yours with mode 0700, not a link`,
  );
  assert.deepEqual([code, stdout], [5, ""]);
}

unpackTest("unpacks again over a directory that a cleaner went through", async (path) => {
  const folder = await unpacked(path);
  await Deno.remove(`${folder}/.complete`);
  await Deno.remove(`${folder}/main.js`);
  assert.equal(await unpacked(path), folder);
});

unpackTest(
  "says that its file is damaged when it is cut short or changed, and leaves nothing",
  async (path) => {
    const data = await Deno.readFile(file);
    const changed = data.slice();
    changed[data.length - 100]! ^= 1;
    for (
      const [name, bytes] of [["short", data.subarray(0, data.length - 1000)], ["changed", changed]] as const
    ) {
      await Deno.writeFile(`${path}/${name}`, bytes, { mode: 0o755 });
      const { code, stderr } = await start({ MUSTER_HOME: `${path}/home` }, `${path}/${name}`);
      assert.equal(
        stderr.split("\n")[0],
        `muster: Cannot unpack "${path}/${name}": the file is damaged or cut short`,
      );
      assert.equal(code, 7);
      assert.deepEqual(await names(`${path}/home/cache`), []);
    }
  },
);

/** Runs a script in mount names of its own, with a small file system mounted at $1 under the options of $2. */
async function withMount(options: string, folder: string, env: Record<string, string>) {
  await Deno.mkdir(folder, { recursive: true });
  const script = 'mount -t tmpfs -o "$2" none "$1" && "$3" --version; c=$?; ls -A "$1/cache" >&2; exit $c';
  const argv = ["unshare", "-m", "sh", "-c", script, "sh", folder, options, file];
  return await run(argv, { ...env, MUSTER_HOME: folder });
}

const mountReason = await mountsMissing();

async function mountsMissing(): Promise<string | undefined> {
  try {
    const { success } = await new Deno.Command("unshare", {
      args: ["-m", "mount", "-t", "tmpfs", "none", "/mnt"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? undefined : "mounting a file system is not allowed here";
  } catch {
    return "unshare(1) is missing here";
  }
}

unpackTest("says that there is no space on a full disk, and leaves nothing", async (path) => {
  const { code, stderr } = await withMount("size=20m", `${path}/home`, { TMPDIR: path });
  assert.match(
    stderr,
    /^muster: Cannot unpack into ".*": .*no space left on device\nhint: Free \d+ MB there/,
  );
  assert.equal(stderr.split("\n").length, 3);
  assert.equal(code, 7);
}, mountReason);

unpackTest("unpacks under TMPDIR where MUSTER_HOME runs no programs", async (path) => {
  const { code, stdout, stderr } = await withMount("noexec", `${path}/home`, { TMPDIR: path });
  assert.match(stdout, /^muster /);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal((await names(`${path}/muster-${Deno.uid()}`)).length, 1);
}, mountReason);
