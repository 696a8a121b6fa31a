import assert from "node:assert/strict";
import { hostFile, type Run, run } from "./built.ts";
import { type HomeLab, homeLab } from "./home_lab.ts";
import { CHECKOUT, markedCommand, tourCommands } from "./readme.ts";

const readme = await Deno.readTextFile(`${CHECKOUT}/README.md`);
const TASKS = 17;

/** A directory like a fresh clone that was built: `dist/muster`, a `compile.sh` with nothing to do, the examples. */
async function builtClone(lab: HomeLab): Promise<string> {
  const clone = `${lab.path}/clone`;
  await Deno.mkdir(`${clone}/dist`, { recursive: true });
  await Deno.mkdir(`${clone}/examples`);
  await Deno.symlink(hostFile().file, `${clone}/dist/muster`);
  await Deno.writeTextFile(`${clone}/compile.sh`, "#!/bin/sh\nexit 0\n", { mode: 0o755 });
  for await (const { name } of Deno.readDir(`${CHECKOUT}/examples`)) {
    await Deno.copyFile(`${CHECKOUT}/examples/${name}`, `${clone}/examples/${name}`);
  }
  return clone;
}

/** Types `command` into a shell in the clone. */
async function typed(lab: HomeLab, clone: string, command: string): Promise<Run> {
  const env = { ...lab.env(), PATH: `${clone}/dist:${lab.env().PATH}` };
  return await run(["/bin/sh", "-euc", command], env, clone);
}

Deno.test("the README's main job and every command of its tour do what it says", async (t) => {
  await using lab = await homeLab();
  const clone = await builtClone(lab);
  const read = (path: string) => Deno.readTextFile(`${clone}/${path}`);

  await t.step("main job", async () => {
    const { code, stdout, stderr } = await typed(lab, clone, markedCommand(readme, "main job"));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Started a controller on this machine/);
    assert.match(stdout, new RegExp(`^Job words complete · ${TASKS} tasks in `));
  });

  const commands = tourCommands(readme);
  assert.ok(commands.length > 25, `found ${commands.length} commands in the tour`);
  for (const command of commands) {
    await t.step(command, async () => {
      const { code, stdout, stderr } = await typed(lab, clone, command);
      assert.equal(code, 0, `${stdout}${stderr}`);
      assert.doesNotMatch(stderr, /undefined|\[object|NaN/);
      assert.doesNotMatch(stdout, /undefined|\[object|NaN/);
      await CHECKS[command]?.(stdout, read);
    });
  }

  await t.step("the checks above name commands of the tour", () => {
    assert.deepEqual(Object.keys(CHECKS).filter((command) => !commands.includes(command)), []);
  });
  await t.step("nothing was written into HOME", async () => {
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${lab.path}/home`)), []);
  });
});

type Check = (stdout: string, read: (path: string) => Promise<string>) => void | Promise<void>;

/** What matters about single commands, beside their exit code. */
const CHECKS: Readonly<Record<string, Check>> = {
  "muster fetch words": async (_stdout, read) => {
    const files = (await read("examples/licenses.csv")).trim().split("\n").slice(1);
    assert.equal(files.length, TASKS);
    for (const [at, file] of files.entries()) {
      assert.equal(await read(`words/${at + 1}/stdout.txt`), (await run(["wc", "-w", file], {})).stdout);
      const result = JSON.parse(await read(`words/${at + 1}/result.json`));
      assert.deepEqual([result.return_code, result.exit_code, result.parameters], ["0", 0, { file }]);
    }
  },
  "cat words/tasks.csv": (stdout) => {
    const [header, ...rows] = stdout.trim().split("\n");
    assert.match(header!, /^index,state,exit_code,.*,file$/);
    assert.equal(rows.length, TASKS);
    rows.forEach((row, at) => assert.match(row, new RegExp(`^${at + 1},complete,0,`)));
  },
  "muster list": (stdout) => assert.match(stdout, /^words +j\S+ +complete +17\/17 /m),
  "muster logs words 3": (stdout) => assert.match(stdout, /^\d+ \/usr\/share\/common-licenses\/BSD\n$/),
  'muster sub -n numbers --seq 1000 -- echo "task {index:05}"': (stdout) =>
    assert.match(stdout, /^Job numbers complete · 1,000 tasks in /),
  "cat sizes/1/size.txt": async (stdout) => {
    assert.equal(stdout.trim(), String((await Deno.stat("/usr/share/common-licenses/Apache-2.0")).size));
  },
  "muster sub -n words --params examples/licenses.csv --dry-run -- wc -w {file}": (stdout) => {
    assert.match(
      stdout,
      /^Job words would have 17 tasks:\n {2}wc -w \/usr\/share\/common-licenses\/Apache-2.0\n/,
    );
  },
  "muster status steady": (stdout) => assert.match(stdout, /^Job steady complete · 4 tasks in /),
  "muster wait later": (stdout) => assert.match(stdout, /^Job later complete · 20 tasks in /),
  "muster delete long": (stdout) => assert.match(stdout, /^Deleted job long /),
  "muster list --output json": (stdout) => assert.ok(JSON.parse(stdout).items.length >= 7),
  "muster host list": (stdout) => assert.match(stdout, /^\S+ +ready /m),
};
