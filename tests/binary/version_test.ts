import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { testUnless } from "../labs/skip.ts";
import { arm64File, type Built, commandOf, hostFile, run, temporary } from "./built.ts";

async function version(built: Built, home: string, ...more: string[]) {
  const { argv, env } = commandOf(built);
  return await run([...argv, "--version", ...more], { HOME: home, MUSTER_HOME: `${home}/muster`, ...env });
}

function expected(built: Built, platform: string): RegExp {
  const form = built.isSelfExtracting ? "self-extracting" : "compiled";
  return new RegExp(`^muster ${config.version.replaceAll(".", "\\.")} \\(\\S+, ${form}, ${platform}\\)\\n$`);
}

Deno.test("muster --version tells version, revision, form and platform", async () => {
  await using lab = await temporary();
  const built = hostFile();
  const [first, second] = [await version(built, lab.path), await version(built, lab.path)];
  assert.match(first.stdout, expected(built, "\\S+"));
  assert.deepEqual(second, first);
  assert.deepEqual([first.code, first.stderr], [0, ""]);
});

Deno.test("muster --version --output json tells the same as an object", async () => {
  await using lab = await temporary();
  const built = hostFile();
  const told = JSON.parse((await version(built, lab.path, "--output", "json")).stdout);
  assert.deepEqual(Object.keys(told), ["version", "revision", "form", "platform"]);
  assert.equal(told.version, config.version);
  assert.equal(told.form, built.isSelfExtracting ? "self-extracting" : "compiled");
});

const arm64 = arm64File();
testUnless(
  typeof arm64 === "string" ? arm64 : undefined,
  "the linux-arm64 file runs muster --version",
  async () => {
    await using lab = await temporary();
    const { code, stdout, stderr } = await version(arm64 as Built, lab.path);
    assert.match(stdout, expected(arm64 as Built, "linux-arm64"));
    assert.deepEqual([code, stderr], [0, ""]);
  },
);
