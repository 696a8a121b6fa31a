import assert from "node:assert/strict";
import { testUnless } from "../labs/skip.ts";
import { run } from "./built.ts";
import { homeLab } from "./home_lab.ts";
import { CHECKOUT, shellBlocks } from "./readme.ts";

const page = await Deno.readTextFile(`${CHECKOUT}/docs/http.md`);
const version = await run(["curl", "--version"], {}).then(({ stdout }) => stdout, () => "");
const [, major = "0", minor = "0"] = /^curl (\d+)\.(\d+)/.exec(version) ?? [];
const isNewEnough = Number(major) * 1000 + Number(minor) >= 7082;

testUnless(
  isNewEnough ? undefined : "curl 7.82, which knows --json, is missing",
  "the curl commands of docs/http.md do what the page says",
  async () => {
    await using lab = await homeLab();
    await lab.ok("controller", "start", "--detach");
    const blocks = shellBlocks(page);
    assert.ok(blocks.length >= 6, `found ${blocks.length} blocks`);
    const [alias = "", ...rest] = blocks;
    const define = alias.replace(/^alias api='(.*)'$/m, 'api() { $1 "$@"; }'); // A script expands no alias of its line.
    const outputs: string[] = [];
    for (const block of rest) {
      const { code, stdout, stderr } = await run(
        ["/bin/sh", "-euc", `${define}\n${block}`],
        lab.env(),
        lab.path,
      );
      assert.equal(code, 0, `${block}\n${stdout}${stderr}`);
      outputs.push(stdout);
    }
    const [submitted = "", tasks = "", preview = "", twice = ""] = outputs;
    assert.match(submitted, /"name":"greet".*"state":"complete"/s);
    assert.match(tasks, /hello 3\n.*1\/stdout\.txt\n.*tasks\.csv\n$/s);
    assert.match(preview, /"commands":\[.*wc -l < \/etc\/passwd/);
    const ids = [...twice.matchAll(/"id":"(j\w+)"/g)].map(([, id]) => id);
    assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
  },
);
