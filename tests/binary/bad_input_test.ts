import assert from "node:assert/strict";
import { testUnless } from "../labs/skip.ts";
import { hostFile, type Run, run } from "./built.ts";
import { type HomeLab, homeLab, sharedLab } from "./home_lab.ts";

/** For the tests that need a controller; the others have one of their own. */
const lab = sharedLab();

/** Asserts one line of error, at most one hint, nothing on standard output, and the exit code. */
function assertRefused({ code, stdout, stderr }: Run, exitCode: number, words: RegExp): void {
  assert.match(stderr, /^muster: Cannot [^\n]+\n(hint: [^\n]+\n)?$/);
  assert.match(stderr, words);
  assert.deepEqual([code, stdout], [exitCode, ""]);
}

/** What lies in MUSTER_HOME beside the unpacked program. */
async function leftBy(lab: HomeLab): Promise<readonly string[]> {
  const names = await Array.fromAsync(Deno.readDir(lab.home), ({ name }) => name).catch(() => []);
  return names.filter((name) => name !== "cache");
}

/** Words of a call and what its error says. */
const WRONG_USAGE: readonly (readonly [readonly string[], RegExp])[] = [
  [["--vresion"], /no flag "--vresion"/],
  [["sbu"], /no such command\nhint: Did you mean muster sub\?/],
  [["lsit"], /hint: Did you mean muster list\?/],
  [["controller", "strat"], /hint: Did you mean muster controller start\?/],
  [["frobnicate"], /no such command\nhint: muster --help lists the commands/],
  [["sub", "--sqe", "3", "--", "true"], /no flag "--sqe"\nhint: Did you mean --seq\?/],
  [["list", "--ouptut", "json"], /hint: Did you mean --output\?/],
  [["sub"], /COMMAND is missing/],
  [["kill"], /JOB is missing/],
  [["delete"], /JOB is missing/],
  [["list", "extra"], /takes no arguments/],
  [["sub", "--name"], /--name needs a value/],
  [["list", "--output", "xml"], /--output takes table or json/],
  [["list", "--state", "done"], /it takes pending, running, complete, failed, killed/],
  [["show", "x", "--state", "done"], /it takes pending, claimed, running, complete, failed, killed/],
  ...["0", "-1", "x", "1000001", "1e3", "1.5", "", " ", "0x10", "١"].map((count) =>
    [
      ["sub", "--seq", count, "--", "true"],
      /Cannot read --seq ".*": wanted a whole number from 1 to 1,000,000/,
    ] as const
  ),
  [["sub", "--", "echo", "{nope}"], /unknown name \{nope\}, known: \{index\}/],
  [["sub", "--", "echo", "{index"], /a lone \{ at character 1/],
  [["sub", "--", "echo", "a}"], /a lone \} at character 2/],
  [["sub", "--", "echo", "{}"], /\{\} has no name/],
  [["sub", "--", "echo", "{index:x}"], /bad format/],
  [["sub", "echo '{index'"], /a lone \{/],
  [["sub", "--env", "NAME", "--", "true"], /--env "NAME": it takes NAME=VALUE/],
  [["sub", "--env", "1A=x", "--", "true"], /environment variable "1A"/],
  [["sub", "--cpus", "0", "--", "true"], /--cpus "0"/],
  [["sub", "--memory", "1X", "--", "true"], /size "1X"/],
  [["sub", "--memory", "0", "--", "true"], /--memory "0": it takes more than 0/],
  [["sub", "--timeout", "0s", "--", "true"], /--timeout "0s": it takes more than 0/],
  [["sub", "--timeout", "soon", "--", "true"], /duration "soon"/],
  [["sub", "--gpus", "-1", "--", "true"], /--gpus "-1"/],
  [["sub", "--retries", "x", "--", "true"], /--retries "x"/],
  [["sub", "--here", "--cd", "/tmp", "--", "true"], /exclude each other/],
  [["sub", "--seq", "2", "--params", "x.csv", "--", "true"], /exclude each other/],
  [["sub", "--after", "job:never", "--", "true"], /it takes JOB, JOB:ok or JOB:any/],
  [["sub", "--params", "none.csv", "--", "true"], /"none.csv": there is no such file/],
  [["sub", "--params", "notes.txt", "--", "true"], /it is not .csv, .tsv or .jsonl/],
  [["sub", "--params", "folder.csv", "--", "true"], /it is a directory/],
  [["sub", "--", "cat", "notes.txt"], /"notes.txt" is a file here.*\nhint: --here runs/],
  [["controller", "start", "--listen", "127.0.0.1:99999"], /wanted HOST:PORT/],
  [["agent", "start", "--executor", "magic"], /it is process or noop/],
];

Deno.test("muster refuses wrong usage in one line with exit code 2, and changes nothing", async (t) => {
  await using lab = await homeLab();
  await Deno.writeTextFile(`${lab.path}/notes.txt`, "");
  await Deno.mkdir(`${lab.path}/folder.csv`);
  for (const [words, error] of WRONG_USAGE) {
    await t.step(words.join(" "), async () => assertRefused(await lab.muster(words), 2, error));
  }
  await t.step("nothing was started or written", async () => assert.deepEqual(await leftBy(lab), []));
});

/** Name of the file, its bytes, and what the error says; the command uses the column `file`. */
const BAD_TABLES: readonly (readonly [string, string | Uint8Array, RegExp])[] = [
  ["missing.csv", "path,size\nx,1\n", /unknown name \{file\}, known: \{index\}, \{path\}, \{size\}/],
  ["twice.csv", "file,file\nx,y\n", /column "file" is there twice/],
  ["short.csv", "file,size\nx,1\ny\n", /short.csv, line 3: wanted 2 values as in the header, found 1/],
  ["long.csv", 'file,size\n"x\ny",1\nz,2,3\n', /long.csv, line 4: wanted 2 values as in the header, found 3/],
  ["empty.csv", "", /empty.csv: it is empty/],
  ["header.csv", "file\n", /it has a header and no rows/],
  ["latin.csv", new Uint8Array([...bytesOf("file\nx\n"), 0xe9, 10]), /latin.csv, line 3: not UTF-8/],
  ["utf16.csv", new Uint8Array([0xff, 0xfe, 0x66, 0, 10, 0]), /it is UTF-16; save it as UTF-8/],
  ["open.csv", 'file\nx\n"y\nz\n', /open.csv, line 3: a quote that opens here is never closed/],
  ["after.csv", 'file\n"x"y\n', /line 2: text after a closing quote/],
  ["nameless.csv", "file,\nx,y\n", /column 2 has no name/],
  ["index.csv", "file,index\nx,1\n", /may not be named "index"/],
  ["nul.csv", "file\nx\0y\n", /NUL/],
  ["bad.jsonl", '{"file":"x"}\n{file}\n', /bad.jsonl, line 2: not JSON/],
  ["other.jsonl", '{"file":"x"}\n{"path":"y"}\n', /other.jsonl, line 2: column "file" is missing/],
];

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("muster sub refuses a table that is not one, names the line, and submits nothing", async (t) => {
  const before = await lab.json("list");
  for (const [name, content, error] of BAD_TABLES) {
    await t.step(name, async () => {
      await Deno.writeFile(`${lab.path}/${name}`, typeof content === "string" ? bytesOf(content) : content);
      assertRefused(await lab.muster(["sub", "--params", name, "--", "echo", "{file}"]), 2, error);
    });
  }
  await t.step("no job is there", async () => assert.deepEqual(await lab.json("list"), before));
});

/** Values of the column `file` that each of these files holds. */
const GOOD_TABLES: readonly (readonly [string, string, readonly string[]])[] = [
  ["bom.csv", "\ufefffile,size\nx y,1\n", ["x y"]],
  ["crlf.csv", "file,size\r\nx,1\r\ny,2\r\n", ["x", "y"]],
  ["quotes.csv", 'file\n"x ""y"", z"\n"one\ntwo"\n', ['x "y", z', "one\ntwo"]],
  ["unended.csv", "file\nx", ["x"]],
  ["tabs.tsv", "file\tsize\na,b\t1\n", ["a,b"]],
  ["lines.jsonl", '{"file":"é","size":1}\n\n{"file":"y","size":2}\n', ["é", "y"]],
];

Deno.test("muster sub reads a table with BOM, CRLF, quotes and newlines inside quotes", async (t) => {
  for (const [name, content, values] of GOOD_TABLES) {
    await t.step(name, async () => {
      await Deno.writeTextFile(`${lab.path}/${name}`, content);
      const job = await lab.json("sub", "--params", name, "--", "printf", "%s", "{file}");
      const printed = values.map((_, at) => lab.ok("logs", job.id, String(at + 1)));
      assert.deepEqual(await Promise.all(printed), values);
    });
  }
});

/** Values that a shell, a template or a program could take for more than text. */
const SHARP_VALUES = [
  "two words",
  " led and trailed ",
  `'single' "double"`,
  ";touch pwned;",
  "$(touch pwned)",
  "`touch pwned`",
  "$HOME",
  "a\nb",
  "*",
  "{index}",
  "--help",
  "-n",
  "%s%n",
  "\\n\\",
  "é 日本",
  "&& false",
  "|| true #",
  "~",
  "!!",
];

Deno.test("parameter values reach the task as they are, in both forms of a command", async (t) => {
  const rows = SHARP_VALUES.map((value) => JSON.stringify({ value })).join("\n");
  await Deno.writeTextFile(`${lab.path}/sharp.jsonl`, rows);
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ["argv", ["--", "printf", "%s", "{value}"]],
    ["shell", ["printf %s {value}; ls >&2"]],
    ["shell, in quotes", [`printf %s "{value}"`]],
    ["shell, in single quotes", [`printf %s '{value}'`]],
    ["shell, in a substitution", [`x=$(printf %s. {value}); printf %s "\${{x%.}}"`]],
    ["environment", ["--env", "V={value}", "--", "sh", "-c", 'printf %s "$V"']],
  ];
  for (const [name, words] of commands) {
    await t.step(name, async () => {
      await lab.ok("sub", "-n", "sharp", "--params", "sharp.jsonl", ...words);
      await lab.ok("fetch", "sharp", name);
      const read = (at: number) => Deno.readTextFile(`${lab.path}/${name}/${at + 1}/stdout.txt`);
      assert.deepEqual(await Promise.all(SHARP_VALUES.map((_, at) => read(at))), SHARP_VALUES);
      const parameters = await Promise.all(SHARP_VALUES.map(async (_, at) => {
        return JSON.parse(await Deno.readTextFile(`${lab.path}/${name}/${at + 1}/result.json`)).parameters
          .value;
      }));
      assert.deepEqual(parameters, SHARP_VALUES);
    });
  }
});

Deno.test("long arguments and values with newlines reach the task whole", async () => {
  const long = "x".repeat(100 * 1024);
  await lab.ok("sub", "-n", "argv", "--", "printf", "%s", long);
  assert.equal(await lab.ok("logs", "argv"), long);
  await lab.ok("sub", "-n", "shell", `printf %s ${long}`);
  assert.equal(await lab.ok("logs", "shell"), long);
  const value = "one\ntwo 'three'\n$four";
  await lab.ok("sub", "-n", "env", "--env", `VALUE=${value}`, 'printf %s "$VALUE"');
  assert.equal(await lab.ok("logs", "env"), value);
});

/** Words of a call about things that are not there, its exit code and its error. */
const WRONG_NAMES: readonly (readonly [string, number, RegExp])[] = [
  ["show nope", 3, /job "nope".*\nhint: /],
  ["show word", 3, /hint: Did you mean "words"\?|Cannot find job "word"/],
  ["logs words 18", 3, /task 18 of job "words": it has tasks 1 to 2/],
  ["kill words 18", 3, /task 18 of job "words": it has tasks 1 to 2/],
  ["logs words 1 --attempt 9", 3, /attempt 9/],
  ["logs words", 2, /it has 2 tasks and none failed\nhint: muster logs words 1/],
  ["show words 0", 2, /wanted a whole number/],
  ["kill j", 2, /Cannot tell which job "j" is: .*\nhint: Give more characters/],
  ["host show nope", 3, /host "nope".*\nhint: /],
  ["token revoke nope", 3, /token "nope".*\nhint: /],
  ["context use nope", 3, /context "nope".*\nhint: /],
  ["sub --on nohost -- true", 2, /no host "nohost"\nhint: Known hosts: /],
  ["sub --after nope -- true", 3, /job "nope"/],
  ["sub -n ../etc -- true", 2, /wanted letters, digits/],
  ["sub -n last -- true", 2, /it means the newest job/],
];

Deno.test("muster says which job, task, host, token or context is not there", async (t) => {
  await lab.ok("sub", "-n", "words", "--seq", "2", "--", "true");
  await lab.ok("sub", "-n", "other", "--", "true");
  const before = await lab.json("list");
  for (const [words, exitCode, error] of WRONG_NAMES) {
    await t.step(words, async () => assertRefused(await lab.muster(words.split(" ")), exitCode, error));
  }
  await t.step("nothing was changed", async () => assert.deepEqual(await lab.json("list"), before));
});

Deno.test("a name in use by a running job is a conflict, and makes a new job after its end", async () => {
  const first = await lab.json("sub", "-n", "again", "--no-wait", "--", "sleep", "600");
  assertRefused(
    await lab.muster(["sub", "-n", "again", "--", "true"]),
    6,
    /still (pending|running)\nhint: .*muster wait \S+/,
  );
  await lab.ok("kill", "again");
  await lab.muster(["wait", "again"]);
  const second = await lab.json("sub", "-n", "again", "--", "true");
  assert.notEqual(second.id, first.id);
  assert.equal((await lab.json("show", "again")).id, second.id);
});

Deno.test("a home that another controller holds is refused, and that controller goes on", async () => {
  await using lab = await homeLab();
  await lab.ok("controller", "start", "--detach");
  const held = /MUSTER_HOME ".*": a controller on ".*" \(pid \d+\) holds it\nhint: muster controller stop/;
  assertRefused(withoutLog(await lab.muster(["controller", "start"])), 6, held);
  await lab.ok("status");
  await lab.ok("controller", "stop");
  await Deno.writeTextFile(`${lab.home}/controller/lock`, JSON.stringify({ pid: 1, hostname: "elsewhere" }));
  assertRefused(
    await lab.muster(["sub", "--", "true"]),
    4,
    /lives on "elsewhere"\nhint: Run this on elsewhere/,
  );
  assertRefused(withoutLog(await lab.muster(["controller", "start"])), 6, /a controller on "elsewhere"/);
  await Deno.remove(`${lab.home}/controller/lock`);
});

/** A controller in the foreground logs to standard error; its error is the line that begins with our name. */
function withoutLog(run: Run): Run {
  const lines = run.stderr.split("\n").filter((line) => !/^\d{4}-\d\d-\d\dT/.test(line));
  return { ...run, stderr: lines.join("\n") };
}

Deno.test("settings that a controller refuses are one line of the command that started it", async () => {
  await using own = await homeLab();
  await own.muster(["--version"]);
  const deep = `${own.path}/${"d".repeat(100)}`;
  const tooLong = await own.muster(["sub", "--", "true"], { env: { MUSTER_HOME: deep } });
  assertRefused(tooLong, 2, /a socket's path has at most 103 bytes\nhint: Set MUSTER_HOME to a shorter path/);
  await Deno.writeTextFile(`${own.home}/config.yaml`, "listne: 127.0.0.1:0\n");
  assertRefused(
    await own.muster(["sub", "--", "true"]),
    2,
    /unknown key "listne"\nhint: Did you mean "listen"\?/,
  );
});

const otherUser = Deno.uid() === 0 && hasSetpriv()
  ? undefined
  : "needs root and setpriv(1) to become another user";

function hasSetpriv(): boolean {
  try {
    return new Deno.Command("setpriv", { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

testUnless(
  otherUser,
  "a home that cannot be written or read is refused in one line with a hint",
  async () => {
    await using lab = await homeLab();
    await Deno.chmod(lab.path, 0o755);
    await Deno.copyFile(hostFile().file, `${lab.path}/muster`);
    await Deno.chmod(`${lab.path}/muster`, 0o755);
    await Deno.mkdir(`${lab.path}/tmp`, { mode: 0o777 });
    await Deno.chmod(`${lab.path}/tmp`, 0o777);
    const asNobody = (words: readonly string[], home: string) => {
      const become = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
      const env = { HOME: "/nonexistent", MUSTER_HOME: home, TMPDIR: `${lab.path}/tmp` };
      return run([...become, `${lab.path}/muster`, ...words], env, "/");
    };
    const writable =
      /MUSTER_HOME ".*": .*ermission denied.*\nhint: Set MUSTER_HOME to a directory that you can write/;
    assertRefused(await asNobody(["sub", "--", "true"], `${lab.path}/new`), 2, writable);
    assertRefused(withoutLog(await asNobody(["controller", "start"], `${lab.path}/new`)), 2, writable);
    await lab.ok("controller", "start", "--detach");
    const theirs = await asNobody(["list"], lab.home);
    assert.match(theirs.stderr, /^muster: Cannot .*ermission denied/);
    assert.equal(theirs.code, 2);
  },
);
