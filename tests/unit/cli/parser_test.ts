import assert from "node:assert/strict";
import { COMMANDS } from "../../../cli/command_table.ts";
import { asksForJson, parseCommandLine, type Parsed } from "../../../cli/parser.ts";
import { MusterError } from "../../../core/errors.ts";

function parse(...argv: string[]): Extract<Parsed, { kind: "command" }> {
  const parsed = parseCommandLine(argv, COMMANDS);
  if (parsed.kind !== "command") throw new Error(`"${argv.join(" ")}" printed help`);
  return parsed;
}

Deno.test("parseCommandLine() passes everything after the first word of sub's command on", async (t) => {
  const cases: [string[], string[], string | undefined][] = [
    [["sub", "-n", "x", "--", "wc", "-w", "{file}"], ["wc", "-w", "{file}"], "x"],
    [["sub", "-n", "x", "wc", "-n", "y"], ["wc", "-n", "y"], "x"],
    [["sub", "echo", "--help"], ["echo", "--help"], undefined],
    [["sub", "--", "--odd", "--output", "json"], ["--odd", "--output", "json"], undefined],
    [["sub", "wc", "--", "-w"], ["wc", "--", "-w"], undefined],
    [["sub", "wc -l < a"], ["wc -l < a"], undefined],
  ];
  for (const [argv, words, name] of cases) {
    await t.step(argv.join(" "), () => {
      const { invocation } = parse(...argv);
      assert.deepEqual(invocation.words, words);
      assert.equal(invocation.text("name"), name);
    });
  }
});

Deno.test("parseCommandLine() takes the common flags before and after the command", () => {
  for (const argv of [["--output", "json", "list"], ["list", "--output=json"]]) {
    assert.equal(parse(...argv).invocation.text("output"), "json");
  }
  assert.equal(parse("host", "--output", "json", "list").invocation.text("output"), "json");
});

Deno.test("parseCommandLine() collects a flag that may be repeated and keeps each value whole", () => {
  const { invocation } = parse("sub", "--env", "A=1", "--env", "B=x y", "--results", "*.txt", "true");
  assert.deepEqual(invocation.list("env"), ["A=1", "B=x y"]);
  assert.deepEqual(invocation.list("results"), ["*.txt"]);
});

Deno.test("parseCommandLine() knows --wait, --no-wait and neither", () => {
  assert.equal(parse("sub", "true").invocation.flag("wait"), undefined);
  assert.equal(parse("sub", "--wait", "true").invocation.flag("wait"), true);
  assert.equal(parse("sub", "--no-wait", "true").invocation.flag("wait"), false);
});

Deno.test("parseCommandLine() refuses what the table does not know and names the nearest", async (t) => {
  const cases: [string[], string, string][] = [
    [["lst"], 'Cannot run "muster lst": there is no such command', "Did you mean muster list?"],
    [["xyzzy"], 'Cannot run "muster xyzzy": there is no such command', "muster --help lists the commands"],
    [
      ["controller", "strat"],
      'Cannot run "muster controller strat": there is no such command',
      "Did you mean muster controller start?",
    ],
    [
      ["token", "zzz"],
      'Cannot run "muster token zzz": there is no such command',
      "muster token --help lists its commands",
    ],
    [["sub", "--sq", "3", "true"], 'Cannot run "muster sub": it has no flag "--sq"', "Did you mean --seq?"],
    [
      ["list", "--ouput", "json"],
      'Cannot run "muster list": it has no flag "--ouput"',
      "Did you mean --output?",
    ],
    [
      ["list", "--zzzzzz"],
      'Cannot run "muster list": it has no flag "--zzzzzz"',
      "muster list --help shows how it is used",
    ],
    [["kill"], 'Cannot run "muster kill": JOB is missing', "muster kill --help shows how it is used"],
    [["delete"], 'Cannot run "muster delete": JOB is missing', "muster delete --help shows how it is used"],
    [["sub"], 'Cannot run "muster sub": COMMAND is missing', "muster sub --help shows how it is used"],
    [
      ["sub", "--seq"],
      'Cannot run "muster sub": --seq needs a value',
      "muster sub --help shows how it is used",
    ],
    [
      ["list", "a"],
      'Cannot run "muster list": it takes no arguments',
      "muster list --help shows how it is used",
    ],
    [
      ["reset", "a", "b"],
      'Cannot run "muster reset": it takes only JOB',
      "muster reset --help shows how it is used",
    ],
    [
      ["help", "nonsense"],
      'Cannot run "muster nonsense": there is no such command',
      "muster --help lists the commands",
    ],
    [["--nope"], 'Cannot run "muster": it has no flag "--nope"', "muster --help shows how it is used"],
  ];
  for (const [argv, message, hint] of cases) {
    await t.step(argv.join(" "), () => {
      assert.throws(() => parseCommandLine(argv, COMMANDS), (error) => {
        assert.ok(error instanceof MusterError);
        assert.deepEqual([error.code, error.message, error.hint], ["InvalidInput", message, hint]);
        return true;
      });
    });
  }
});

Deno.test("asksForJson() reads our own words and not the job's", () => {
  assert.equal(asksForJson(["list", "--output", "json"]), true);
  assert.equal(asksForJson(["list", "--output=json"]), true);
  assert.equal(asksForJson(["list", "--output", "table"]), false);
  assert.equal(asksForJson(["sub", "--", "x", "--output", "json"]), false);
});
