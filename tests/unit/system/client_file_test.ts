import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type ClientFile,
  formatClientFile,
  parseClientFile,
  readClientFile,
  writeClientFile,
} from "../../../system/client_file.ts";
import { MusterError } from "../../../core/errors.ts";

const FILE: ClientFile = {
  current: "desk",
  contexts: { desk: { url: "https://desk", token: "mst_t", ca: "PEM", serverName: "controller.f" } },
};

Deno.test("parseClientFile() reads what formatClientFile() wrote", () => {
  assert.deepEqual(parseClientFile(formatClientFile(FILE)), FILE);
  assert.match(formatClientFile(FILE), /"server_name": "controller\.f"/);
});

Deno.test("parseClientFile() falls back to this machine when the current context is gone", () => {
  assert.equal(parseClientFile('{"current":"gone","contexts":{}}').current, null);
});

Deno.test("writeClientFile() makes a file that its owner alone can read, and leaves no other", async () => {
  const home = await Deno.makeTempDir();
  try {
    const path = join(home, "inner", "client.json");
    assert.deepEqual(await readClientFile(path), { current: null, contexts: {} });
    await writeClientFile(path, { current: null, contexts: {} });
    await writeClientFile(path, FILE);
    assert.deepEqual(await readClientFile(path), FILE);
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    assert.deepEqual(Array.from(Deno.readDirSync(join(home, "inner")), ({ name }) => name), ["client.json"]);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("readClientFile() refuses a broken file without showing what is in it", async () => {
  const path = await Deno.makeTempFile();
  try {
    for (
      const text of [
        '{"contexts": {"a": {"token": "mst_secret"',
        '{"contexts": {"a": {"token": "mst_secret"}}}',
        "[]",
      ]
    ) {
      await Deno.writeTextFile(path, text);
      await assert.rejects(readClientFile(path), (error) => {
        assert.ok(error instanceof MusterError && error.code === "InvalidInput");
        assert.doesNotMatch(error.message, /mst_secret/);
        return true;
      });
    }
  } finally {
    await Deno.remove(path);
  }
});
