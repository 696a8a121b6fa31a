import assert from "node:assert/strict";
import config from "../../../deno.json" with { type: "json" };
import { selfCommand, selfForm, selfPath } from "../../../system/self.ts";
import { versionAnswer } from "../../../system/version.ts";

Deno.test("selfCommand() starts this program again, from any directory and without an environment", async () => {
  const [command, ...args] = selfCommand();
  const home = await Deno.makeTempDir();
  try {
    const { stdout, code } = await new Deno.Command(command!, {
      args: [...args, "--version"],
      clearEnv: true,
      env: { HOME: home, DENO_DIR: await denoDir() },
      cwd: "/",
    }).output();
    assert.match(new TextDecoder().decode(stdout), new RegExp(`^muster ${config.version} \\(.*, source, `));
    assert.equal(code, 0);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

/** Where this deno keeps fetched libraries, so that the child need not fetch them. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

Deno.test("selfForm() and selfPath() know that the tests run the sources", () => {
  assert.equal(selfForm(), "source");
  assert.match(selfPath(), /^\/.*\/main\.ts$/);
});

const LINE = /^muster \d+\.\d+\.\d+\S* \(unknown, source, (linux|macos)-(x64|arm64)\)$/;
const JSON_LINE = /^\{"version":".*","revision":"unknown","form":"source","platform":".*"\}$/;

const ANSWERS: readonly (readonly [args: readonly string[], answer: RegExp | undefined])[] = [
  [["--version"], LINE],
  [["-V"], LINE],
  [["--version", "--output", "table"], LINE],
  [["--version", "--output=json"], JSON_LINE],
  [["-V", "--output", "json"], JSON_LINE],
  [["--version", "--output", "xml"], undefined],
  [["--version", "--output"], undefined],
  [["--version", "x"], undefined],
  [["sub", "--version"], undefined],
  [[], undefined],
];

for (const [args, answer] of ANSWERS) {
  Deno.test(`versionAnswer() ${answer ? "answers" : "leaves"} ${JSON.stringify(args)}`, () => {
    const found = versionAnswer(args);
    if (answer === undefined) assert.equal(found, undefined);
    else assert.match(found ?? "", answer);
  });
}
