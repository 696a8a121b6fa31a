import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { MusterError } from "../../../core/errors.ts";
import type { Command } from "../../../core/job.ts";
import { NOT_STARTED_FILE, renderRunScript, shellQuote, shellWords } from "../../../core/shell.ts";

/** The shells of this machine that may have to source a script. `sh` is always there. */
const SHELLS = [["sh"], ["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"]].filter(([program]) =>
  spawnSync("/bin/sh", ["-c", `command -v ${program}`]).status === 0
);

const NASTY = [
  "",
  " ",
  "-n",
  "--",
  "a'b",
  "'''",
  '"',
  "$(touch pwned)",
  "`touch pwned`",
  "$HOME",
  "\\",
  "\\n",
  "a\nb\n",
  "\r\n",
  "*",
  "~",
  "!!",
  "a=b",
  "# no",
  "naïve 日本語 🦀",
  "\x01\x1b[31m",
  "if",
  "x".repeat(100_000),
  `'${"$(y)' ".repeat(15_000)}`,
];

const printAll = ["/usr/bin/printf", "%s\\0", ...NASTY];

/** An attempt's directory, sourced as a lane does it. */
class Attempt {
  readonly directory = mkdtempSync(join(tmpdir(), "muster-shell-"));
  readonly work = join(this.directory, "work 'of' $it");

  constructor() {
    mkdirSync(this.work);
  }

  run(
    shell: readonly string[],
    command: Command,
    options: { env?: Record<string, string>; in?: string; isInPlace?: boolean } = {},
  ) {
    const { env = {}, in: directory = this.work, isInPlace = false } = options;
    const script = renderRunScript({ header: '{"a":1}', directory, isInPlace, env, command });
    writeFileSync(join(this.directory, "run"), script);
    const [program = "", ...args] = shell;
    const lane = '( . ./run ); echo "$?" >exit';
    const ended = spawnSync(program, [...args, "-c", lane], {
      cwd: this.directory,
      env: { PATH: "/usr/bin:/bin" },
      maxBuffer: 1 << 26,
    });
    const exit = Number(readFileSync(join(this.directory, "exit"), "utf8"));
    return { exit, out: ended.stdout.toString(), err: ended.stderr.toString() };
  }

  has(name: string): boolean {
    return existsSync(join(this.directory, name));
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

for (const shell of SHELLS) {
  const name = shell.join(" ");

  Deno.test(`renderRunScript() passes every word as it is, under ${name}`, () => {
    using attempt = new Attempt();
    const { exit, out, err } = attempt.run(shell, { argv: printAll });
    assert.equal(err, "");
    assert.equal(exit, 0);
    assert.deepEqual(out.split("\0").slice(0, -1), NASTY);
    assert.ok(!existsSync(join(attempt.work, "pwned")));
  });

  Deno.test(`renderRunScript() passes every environment value as it is, under ${name}`, () => {
    using attempt = new Attempt();
    for (const value of NASTY) {
      const { out } = attempt.run(shell, { argv: ["printenv", "VALUE_1"] }, { env: { VALUE_1: value } });
      assert.equal(out, `${value}\n`);
    }
  });

  Deno.test(`renderRunScript() runs the shell form in the task's directory, under ${name}`, () => {
    using attempt = new Attempt();
    const { exit, out } = attempt.run(shell, { shell: 'pwd -P; echo "it\'s" | tr s S\nexit 3' });
    assert.equal(out, `${attempt.work}\nit'S\n`);
    assert.equal(exit, 3);
  });

  Deno.test(`renderRunScript() takes a shell text that begins with a dash for a text, under ${name}`, () => {
    using attempt = new Attempt();
    const { exit, err } = attempt.run(shell, { shell: "-x 2>/dev/null || echo no >&2; exit 4" });
    assert.deepEqual({ exit, err }, { exit: 4, err: "no\n" });
  });

  Deno.test(`renderRunScript() runs a program whose name begins with a dash, under ${name}`, () => {
    using attempt = new Attempt();
    writeFileSync(join(attempt.work, "-tool"), '#!/bin/sh\necho "$1"; exit 6\n', { mode: 0o755 });
    const env = { PATH: `${attempt.work}:/usr/bin:/bin` };
    const { exit, out } = attempt.run(shell, { argv: ["-tool", "a b"] }, { env });
    assert.deepEqual({ exit, out }, { exit: 6, out: "a b\n" });
  });

  Deno.test(`renderRunScript() ends a missing program with 127 and the PATH used, under ${name}`, () => {
    using attempt = new Attempt();
    const { exit, err } = attempt.run(shell, { argv: ["no such", "x"] }, { env: { PATH: "/nowhere" } });
    assert.equal(exit, 127);
    assert.equal(err, 'muster: Cannot run "no such": not found in PATH=/nowhere\n');
    assert.ok(!attempt.has(NOT_STARTED_FILE));
    assert.equal(attempt.run(shell, { argv: ["./missing"] }).exit, 127);
  });

  Deno.test(`renderRunScript() leaves a file when the directory cannot be entered, under ${name}`, () => {
    using attempt = new Attempt();
    const { exit, out } = attempt.run(shell, { argv: ["echo", "ran"] }, { in: "/nowhere/at all" });
    assert.deepEqual({ exit, out }, { exit: 125, out: "" });
    assert.ok(attempt.has(NOT_STARTED_FILE));
  });

  Deno.test(`renderRunScript() fails the command where its own directory is missing, under ${name}`, () => {
    using attempt = new Attempt();
    const { exit, err } = attempt.run(shell, { argv: ["true"] }, { in: "/nowhere/at all", isInPlace: true });
    assert.equal(exit, 126);
    assert.match(err, /\/nowhere\/at all/);
    assert.ok(!attempt.has(NOT_STARTED_FILE));
  });

  Deno.test(`renderRunScript() leaves no file when a command itself ends with 125, under ${name}`, () => {
    using attempt = new Attempt();
    assert.equal(attempt.run(shell, { shell: "exit 125" }).exit, 125);
    assert.ok(!attempt.has(NOT_STARTED_FILE));
  });

  Deno.test(`renderRunScript() replaces the shell by the command, under ${name}`, () => {
    using attempt = new Attempt();
    assert.equal(attempt.run(shell, { argv: ["/bin/sh", "-c", "kill -9 $$"] }).exit, 137);
  });
}

Deno.test("renderRunScript() reads as a person would write it", () => {
  const script = renderRunScript({
    header: '{"job":"j1"}',
    directory: "/data/t 1",
    env: { SEED: "7", NAME: "it's" },
    command: { argv: ["wc", "-w", "--files0-from=x", "a b"] },
  });
  assert.equal(
    script,
    `# {"job":"j1"}
cd '/data/t 1' || { : >nostart; exit 125; }
export SEED=7
export NAME='it'\\''s'
command -v wc >/dev/null || { printf 'muster: Cannot run "%s": not found in PATH=%s\\n' wc "$PATH" >&2; exit 127; }
exec wc -w --files0-from=x 'a b'
`,
  );
});

Deno.test("renderRunScript() refuses names that a shell cannot export", () => {
  const of = (name: string) => () =>
    renderRunScript({ header: "{}", directory: "/", env: { [name]: "x" }, command: { argv: ["true"] } });
  for (const name of ["", "1A", "A-B", "A B", "A=B", "A;B", "Ä", "UID", "PPID"]) {
    assert.throws(of(name), (error) => error instanceof MusterError && error.code === "InvalidInput", name);
  }
  of("_a1")();
});

Deno.test("shellQuote() refuses a NUL", () => {
  assert.throws(
    () => shellQuote("a\0b"),
    (error) => error instanceof MusterError && error.code === "InvalidInput",
  );
});

Deno.test("shellWords() is read back by sh as the same words", () => {
  const word = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0") && text.isWellFormed());
  fc.assert(
    fc.property(fc.array(fc.oneof(word, fc.constantFrom(...NASTY.slice(0, -2)))), (words) => {
      const ended = spawnSync("/bin/sh", ["-c", `printf '%s\\0' ${shellWords(["", ...words])}`]);
      assert.deepEqual(ended.stdout.toString().split("\0").slice(1, -1), words);
    }),
    { numRuns: 50 },
  );
});
