import assert from "node:assert/strict";
import { testUnless } from "../labs/skip.ts";
import { arm64File, type Built } from "./built.ts";
import { HomeLab, homeLab } from "./home_lab.ts";

/** Milliseconds for an emulated controller and agent to begin; more than 60 s were seen on two busy cores. */
const BEGIN_LIMIT_MS = 240_000;

const arm64 = arm64File();

testUnless(
  typeof arm64 === "string" ? arm64 : undefined,
  "the linux-arm64 file runs a job through its own controller and agent, and fetch brings the output",
  async () => {
    // Commands are this machine's own: an emulated start takes ten seconds and more, and version_test.ts has one.
    await using lab = await homeLab();
    const emulated = new HomeLab(lab.path, arm64 as Built);
    // A command would not wait that long for a controller that it starts.
    const controller = emulated.spawn(["controller", "start"]);
    const log = readLines(controller.stderr);
    try {
      await log.until("host is here");
      const words = [
        "sub",
        "-n",
        "hello",
        "--",
        "sh",
        "-c",
        'echo "hello from $1"; echo x > file',
        "-",
        "{index}",
      ];
      const { code, stdout, stderr } = await lab.muster(words);
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /^Job hello complete · 1 task in /);
      await lab.ok("fetch", "hello");
      const read = (name: string) => Deno.readTextFile(`${lab.path}/hello/1/${name}`);
      assert.equal(await read("stdout.txt"), "hello from 1\n");
      assert.equal(await read("file"), "x\n");
      assert.equal(JSON.parse(await read("result.json")).exit_code, 0);
      assert.match(await lab.ok("host", "list"), / ready +linux-arm64 /);
    } finally {
      controller.kill("SIGTERM");
      await controller.status;
      await controller.stdout.cancel();
      await log.end;
    }
  },
);

/** Reads a log as it grows. */
function readLines(stream: ReadableStream<Uint8Array>) {
  let text = "";
  let tell = () => {};
  const end = (async () => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) {
      text += part;
      tell();
    }
    tell();
  })();
  return {
    end,
    /** Resolves once the log holds `words`; rejects after {@linkcode BEGIN_LIMIT_MS}, or when the log ends before. */
    until: (words: string) =>
      new Promise<void>((resolve, reject) => {
        const fail = (why: string) => reject(new Error(`Waited for "${words}" in the log: ${why}\n${text}`));
        const timer = setTimeout(() => fail(`${BEGIN_LIMIT_MS / 1000} s are over`), BEGIN_LIMIT_MS);
        tell = () => {
          if (!text.includes(words)) return;
          clearTimeout(timer);
          resolve();
        };
        end.then(() => (clearTimeout(timer), fail("it ended")));
        tell();
      }),
  };
}
