import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  commandFromWords,
  compileJob,
  displayCommand,
  relativeFileArguments,
  renderTask,
} from "../../../core/command.ts";
import { MusterError } from "../../../core/errors.ts";
import type { Command, JobSpec } from "../../../core/job.ts";

type Templates = Pick<JobSpec, "command" | "columns" | "env" | "results">;

function templates(overrides: Partial<Templates>): Templates {
  return { command: { argv: ["true"] }, columns: ["x"], env: {}, results: null, ...overrides };
}

function renderShell(shell: string, x: string, index = 1): string {
  const { command } = renderTask(compileJob(templates({ command: { shell } })), index, [x]);
  assert.ok("shell" in command);
  return command.shell;
}

Deno.test("renderTask() inserts values as they are into argv, env and results", () => {
  const compiled = compileJob(templates({
    columns: ["x", "y"],
    command: { argv: ["run", "{x}", "--n={index:03}", "{{y}}"] },
    env: { Y: "<{y}>" },
    results: ["out/{index}/**"],
  }));
  assert.deepEqual(renderTask(compiled, 7, ["a b; rm", "'"]), {
    command: { argv: ["run", "a b; rm", "--n=007", "{y}"] },
    env: { Y: "<'>" },
    results: ["out/7/**"],
  });
});

Deno.test("renderTask() fills the index of a job without parameters", () => {
  const compiled = compileJob(templates({ columns: [], command: { argv: ["echo", "{index}"] } }));
  assert.deepEqual(renderTask(compiled, 2, null).command, { argv: ["echo", "2"] });
});

/** Each prints the value of x alone; `X` in the environment would be the other way to say it. */
const SAFE_PLACES = [
  "printf %s {x}",
  'printf %s "{x}"',
  "printf %s '{x}'",
  'printf %s "$(printf %s {x})"',
  'printf %s "$(printf %s "{x}")"',
  "printf %s $(printf %s '' ) '{x}'",
  "(printf %s {x})",
  'v={x}; printf %s "$v"',
  'printf %s "${{v:-}}{x}"',
  "if true; then printf %s {x}; fi",
  "case {x} in *) printf %s {x};; esac",
  "printf %s {x} # {{}} it's said",
  "# it's said\nprintf %s {x}",
  "printf %s $((0 * (1 + $((1)) )))$((1<<2)) >/dev/null; printf %s {x}",
  'printf %s "" `true` {x}',
  "printf %s \\\n{x}",
  "printf %s '\\'{x}",
];

const VALUES = [
  "plain",
  "a b",
  "",
  "'",
  '"',
  "\\",
  "$(echo pwned)",
  "`echo pwned`",
  "'; echo pwned; '",
  '"; echo pwned; "',
  "\necho pwned\n",
  "}); echo pwned #",
  "*",
  "$HOME",
  "if",
];

for (const place of SAFE_PLACES) {
  Deno.test(`renderTask() lets no value out of its place in ${JSON.stringify(place)}`, () => {
    for (const x of VALUES) {
      const shell = renderShell(place, x);
      const ended = spawnSync("/bin/sh", ["-c", shell], { env: { PATH: "/usr/bin:/bin" } });
      // $( ) and unquoted words drop newlines and spaces of their own; what is asked is what ran.
      const printed = place.includes("$(") ? [x, x.trim(), x.trimEnd()] : [x, `\\${x}`];
      assert.ok(printed.includes(ended.stdout.toString()), `${shell}\n-> ${ended.stdout}${ended.stderr}`);
    }
  });
}

const UNSAFE_PLACES: readonly [shell: string, why: RegExp][] = [
  ["cat <<END\n{x}\nEND", /here-document/],
  ["echo `echo {x}`", /in backticks/],
  ["echo $(({x} + 1))", /in \$\(\( \)\)/],
  ["echo ${{v:-{x}}}", /in \$\{ \}/],
  ["echo ${{v:-'a'}} {x}", /after quotes in \$\{ \}/],
  ["echo hi # {x}", /in a comment/],
  ["(true)#{x}", /after \)#/],
  ["echo \\{x}", /after a backslash/],
  ["echo $'a' {x}", /after \$'/],
  ["echo $(case a in a) echo {x};; esac)", /case inside parentheses/],
  ["true; \\\n# {x}", /in a comment/],
  ["echo >&{x}", /after >& or <&/],
  ["echo a>&{x}", /after >& or <&/],
  ["((1)); echo {x}", /after \(\(/],
  ['echo >& "a$(true) {x}"', /after >& or <&/],
];

for (const [shell, why] of UNSAFE_PLACES) {
  Deno.test(`compileJob() refuses a value in ${JSON.stringify(shell)}`, () => {
    assert.throws(() => compileJob(templates({ command: { shell } })), (error) => {
      assert.ok(error instanceof MusterError);
      assert.equal(error.code, "InvalidInput");
      assert.match(error.message, /^Cannot quote \{x\} for the shell: it stands /);
      assert.match(error.message, why);
      assert.match(error.hint ?? "", /--env VALUE=\{x\}/);
      return true;
    });
  });

  Deno.test(`compileJob() allows the index in ${JSON.stringify(shell)}`, () => {
    assert.equal(renderShell(shell.replaceAll("{x}", "{index}"), "", 12).includes("12"), true);
  });
}

/**
 * Pieces of shell from which random texts are made, most of them broken. None prints its words: `$(echo {x})` as a
 * command runs what it prints, which the text asked for.
 */
const PIECES = [
  ..."'\"\\)`# \n;(1=&|<>$a",
  ..."$(,${{v:-,${{v}},}},$((,)),case a in ,a) ,;; esac,<<E\n,E\n,if true; then ,fi".split(","),
  ...Array.from({ length: 4 }, () => "{x}"),
];

const ESCAPES = [
  "$(touch P)",
  "`touch P`",
  ";touch P;",
  "\ntouch P\n",
  "';touch P;'",
  '";touch P;"',
  "\\';touch P #",
  ")\ntouch P\n",
];

for (const shell of ["sh", "bash"]) {
  Deno.test(`renderTask() lets no value run in any text that compileJob() takes, under ${shell}`, () => {
    const cwd = mkdtempSync(join(tmpdir(), "muster-escape-"));
    const texts = fc.array(fc.constantFrom(...PIECES), { minLength: 2, maxLength: 10, size: "max" });
    const property = fc.property(texts, fc.constantFrom(...ESCAPES), (pieces, x) => {
      const rendered = renderIfTaken(`${pieces.join("")}{x}`, x);
      fc.pre(rendered !== null);
      spawnSync(shell, ["-c", rendered ?? ""], { cwd, timeout: 5000, stdio: "ignore" });
      assert.ok(!existsSync(join(cwd, "P")), `ran: ${rendered}`);
    });
    try {
      fc.assert(property, { numRuns: 150, maxSkipsPerRun: 1000 });
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });
}

function renderIfTaken(template: string, x: string): string | null {
  try {
    return renderShell(template, x);
  } catch (error) {
    if (error instanceof MusterError) return null;
    throw error;
  }
}

for (const shell of ["echo ${x}", 'echo "${x}"', "echo ${index}", "$({x}) a${index}"]) {
  Deno.test(`compileJob() refuses a name behind a dollar in ${JSON.stringify(shell)}`, () => {
    assert.throws(() => compileJob(templates({ command: { shell } })), (error) => {
      assert.ok(error instanceof MusterError);
      assert.match(error.message, /^Cannot quote \{(x|index)\} for the shell: it stands behind a \$$/);
      assert.match(
        error.hint ?? "",
        /^Write \{(x|index)\} for the value, or \$\{\{(x|index)\}\} for a variable/,
      );
      return true;
    });
  });
}

const SHOWN: readonly [shell: string, x: string, want: string][] = [
  ["python train.py --seed {x}", "7", "python train.py --seed 7"],
  ['echo "run {x}"', "7", 'echo "run 7"'],
  ['echo "run {x}"', "a b", `echo "run "'a b'""`],
  ["echo {x}>f", "2", "echo '2'>f"],
  ["echo {x}", "~", "echo '~'"],
  ["{x}", "A=b", "'A=b'"],
  ["{x}", "while", "'while'"],
  ["echo '${x}' \\${x}", "a b", "echo '$''a b''' \\$'a b'"],
  ["echo 2>&1 {x}", "a b", "echo 2>&1 'a b'"],
];

for (const [shell, x, want] of SHOWN) {
  Deno.test(`renderTask() makes ${want} of ${shell}`, () => assert.equal(renderShell(shell, x), want));
}

Deno.test("compileJob() names whose template is wrong", () => {
  const cases: readonly [Partial<Templates>, RegExp][] = [
    [{ command: { argv: ["{y}"] } }, /of the command: unknown name \{y\}/],
    [{ command: { shell: "echo {y}" } }, /of the command: unknown name \{y\}/],
    [{ env: { A: "{y}" } }, /of env A: unknown name \{y\}/],
    [{ results: ["{y}"] }, /of results: unknown name \{y\}/],
    [{ env: { "A-B": "" } }, /environment variable "A-B"/],
  ];
  for (const [overrides, words] of cases) assert.throws(() => compileJob(templates(overrides)), words);
});

const WORDS: readonly [words: string[], want: Command][] = [
  [["true"], { argv: ["true"] }],
  [["echo", "a b", "|"], { argv: ["echo", "a b", "|"] }],
  [["echo hi | wc"], { shell: "echo hi | wc" }],
  [["a;b"], { shell: "a;b" }],
  [["~/bin/x"], { shell: "~/bin/x" }],
  [["./tool-{index:02}"], { argv: ["./tool-{index:02}"] }],
  [["my tool"], { argv: ["my tool"] }],
];

for (const [words, want] of WORDS) {
  Deno.test(`commandFromWords() reads ${JSON.stringify(words)}`, () => {
    assert.deepEqual(commandFromWords(words, (path) => path === "my tool"), want);
  });
}

Deno.test("commandFromWords() refuses nothing to run", () => {
  for (const words of [[], [""], ["  "]]) {
    assert.throws(() => commandFromWords(words, () => false), /no command was given/);
  }
});

Deno.test("relativeFileArguments() finds what may be files of the person's directory", () => {
  const words = [
    "./run.sh",
    "data.csv",
    "-v",
    "--in=a/b.txt",
    "of=../c",
    "/etc/passwd",
    ".",
    "https://x/y",
    "",
  ];
  assert.deepEqual(relativeFileArguments(words), ["./run.sh", "data.csv", "a/b.txt", "of=../c", "../c"]);
  assert.deepEqual(relativeFileArguments(["python", "--x"]), []);
  assert.deepEqual(relativeFileArguments([]), []);
});

Deno.test("displayCommand() is one line that no terminal obeys", () => {
  assert.equal(displayCommand({ argv: ["echo", "a b", "\x1b[31m"] }), "echo 'a b' '\\x1b[31m'");
  assert.equal(displayCommand({ shell: "a |\n\tb\n" }), "a |\\n\\tb");
});
