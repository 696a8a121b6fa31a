import assert from "node:assert/strict";
import { join } from "node:path";
import { previewText } from "../../../../cli/commands/sub.ts";
import type { SubmitBody } from "../../../../core/api/jobs.ts";
import { MusterError } from "../../../../core/errors.ts";
import { aCompleteJob, aFailedJob, aJobBody, aTaskBody } from "../../../builders/api_bodies.ts";
import { createFakeClient, type FakeAnswers, watchUntilLeft } from "../../../fakes/fake_client.ts";
import { type CliOptions, muster } from "../../../labs/cli_lab.ts";

/** The body that `muster sub …words` submits. */
async function submitted(words: readonly string[], options: CliOptions = {}): Promise<SubmitBody> {
  const client = createFakeClient();
  const { code, err } = await muster(["sub", "--no-wait", ...words], { ...options, client });
  assert.equal(code, 0, err);
  return client.calls.find(({ method }) => method === "submit")?.args[0] as SubmitBody;
}

/** Runs `test` in a directory with these files. */
async function inDirectory(
  files: Readonly<Record<string, string | Uint8Array>>,
  test: (cwd: string) => Promise<void>,
) {
  const cwd = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(join(cwd, name), bytes);
    }
    await test(cwd);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

Deno.test("muster sub sends nothing but what was asked for", async () => {
  assert.deepEqual(await submitted(["--", "true"]), { command: { argv: ["true"] } });
});

Deno.test("muster sub turns each flag into its field", async () => {
  const body = await submitted([
    ...[
      "-n",
      "train",
      "--seq",
      "5",
      "--retries",
      "2",
      "--timeout",
      "1h30m",
      "--cpus",
      "0.5",
      "--memory",
      "4G",
    ],
    ...[
      "--gpus",
      "1",
      "--env",
      "A=1",
      "--env",
      "B=x=y",
      "--cd",
      "sub/dir",
      "--on",
      "spark-1",
      "--on",
      "spark-2",
    ],
    ...[
      "--after",
      "prep",
      "--after",
      "other:any",
      "--results",
      "*.txt",
      "--label",
      "k=v",
      "--",
      "echo",
      "{index}",
    ],
  ], { cwd: "/work-dir" });
  assert.deepEqual(body, {
    name: "train",
    command: { argv: ["echo", "{index}"] },
    seq: 5,
    retries: 2,
    timeout: 5400,
    cpus: 0.5,
    memory: 4 * 1024 ** 3,
    gpus: 1,
    env: { A: "1", B: "x=y" },
    directory: "/work-dir/sub/dir",
    results: ["*.txt"],
    on: ["spark-1", "spark-2"],
    after: [{ job: "prep", when: "ok" }, { job: "other", when: "any" }],
    labels: { k: "v" },
  });
});

Deno.test("muster sub gives one quoted string to the shell and several words to no shell", async () => {
  assert.deepEqual((await submitted(["ls | wc -l"])).command, { shell: "ls | wc -l" });
  assert.deepEqual((await submitted(["--", "echo", "a b"])).command, { argv: ["echo", "a b"] });
});

Deno.test("muster sub --here runs in this directory", async () => {
  assert.equal((await submitted(["--here", "true"], { cwd: "/some/where" })).directory, "/some/where");
});

Deno.test("muster sub reads the table of --params from where the person is", async () => {
  await inDirectory({ "files.csv": '﻿file,n\r\n"a,\nb",1\r\nc,2\r\n' }, async (cwd) => {
    const body = await submitted(["--params", "files.csv", "--", "wc", "{file}"], { cwd });
    assert.deepEqual(body.parameters, { columns: ["file", "n"], rows: [["a,\nb", "1"], ["c", "2"]] });
  });
});

Deno.test("muster sub refuses bad input before a controller is asked or started", async (t) => {
  const files = {
    "empty.csv": "",
    "uneven.csv": "a,b\n1,2\n3\n",
    "twice.csv": "a,a\n1,2\n",
    "latin.csv": Uint8Array.from([0x61, 0x0a, 0xe9, 0x0a]),
    "lines.jsonl": '{"a":1}\n{"b":2}\n',
    "script.py": "print(1)\n",
    "names.csv": "file\nscript.py\n",
    "plain.txt": "x",
  };
  const cases: [string[], RegExp, string?][] = [
    [["--seq", "0", "true"], /--seq "0": wanted a whole number from 1 to 1,000,000/],
    [["--seq", "-3", "true"], /--seq "-3": wanted a whole number/],
    [["--seq", "many", "true"], /--seq "many"/],
    [["--seq", "1000001", "true"], /--seq "1000001"/],
    [["--seq", "1.5", "true"], /--seq "1\.5"/],
    [["--seq", "3", "--params", "names.csv", "true"], /--seq and --params exclude each other/],
    [["--here", "--cd", "/x", "true"], /--here and --cd exclude each other/],
    [["--params", "empty.csv", "true"], /empty\.csv: it is empty/],
    [["--params", "uneven.csv", "true"], /uneven\.csv.*line 3/],
    [["--params", "twice.csv", "true"], /twice\.csv.*"a" is there twice/],
    [["--params", "latin.csv", "true"], /latin\.csv, line 2: not UTF-8/],
    [["--params", "lines.jsonl", "true"], /lines\.jsonl, line 2: column "a" is missing/],
    [["--params", "none.csv", "true"], /"none\.csv": there is no such file/],
    [["--params", "plain.txt", "true"], /"plain\.txt": it is not \.csv, \.tsv or \.jsonl/],
    [["--timeout", "soon", "true"], /duration "soon"/],
    [["--memory", "lots", "true"], /size "lots"/],
    [["--cpus", "0", "true"], /--cpus "0": it takes a number over 0/],
    [["--cpus", "1e3", "true"], /--cpus "1e3"/],
    [["--gpus", "0.5", "true"], /--gpus "0\.5"/],
    [["--retries", "-1", "true"], /--retries "-1"/],
    [["--env", "NOVALUE", "true"], /--env "NOVALUE": it takes NAME=VALUE/],
    [["--env", "1A=x", "true"], /1A/],
    [["--after", "a:later", "true"], /--after "a:later": it takes JOB, JOB:ok or JOB:any/],
    [["--", "python3", "script.py"], /"script\.py" is a file here/, "--here"],
    [["--", "./script.py"], /"\.\/script\.py" is a file here/, "--here"],
    [["python3 script.py > out"], /"script\.py" is a file here/, "--here"],
    [["--", "tool", "--in=script.py"], /"script\.py" is a file here/, "--here"],
    [["--params", "names.csv", "--", "wc", "{file}"], /"script\.py" is a file here/, "--here"],
    [["--", ""], /no command was given/],
  ];
  await inDirectory(files, async (cwd) => {
    for (const [words, message, hint] of cases) {
      await t.step(words.join(" "), async () => {
        const { code, err, out, addresses } = await muster(["sub", ...words], { cwd, isRunning: false });
        assert.equal(code, 2, err);
        assert.match(err, message);
        assert.match(err, /^muster: Cannot .*\n(hint: .*\n)?$/);
        if (hint !== undefined) assert.match(err, new RegExp(`\nhint: ${hint}`));
        assert.deepEqual([out, addresses], ["", []]);
      });
    }
  });
});

Deno.test("muster sub takes a file that is here when it runs here, and a word that only looks like one", async () => {
  await inDirectory({ "script.py": "", "true": "" }, async (cwd) => {
    await submitted(["--here", "--", "python3", "script.py"], { cwd });
    await submitted(["--", "true"], { cwd });
    await submitted(["--", "python3", "/opt/script.py"], { cwd });
  });
});

Deno.test("muster sub waits, then sums up and says how to fetch", async () => {
  const { code, out, err } = await muster(["sub", "--", "true"]);
  assert.equal(code, 0);
  assert.equal(err, "Job words (jabc) · 17 tasks\n");
  assert.equal(out, "Job words complete · 17 tasks in 4 s\nmuster fetch words brings the results\n");
});

Deno.test("muster sub exits with 1 and names the first failures", async () => {
  const tasks = () =>
    Promise.resolve({
      items: [
        aTaskBody(),
        aTaskBody({ index: 9, exit_code: 137, signal: 9, reason: "over its memory limit" }),
      ],
      next_cursor: null,
    });
  const client = createFakeClient({ watched: [aFailedJob()], tasks });
  const { code, out } = await muster(["sub", "--", "true"], { client });
  assert.equal(code, 1);
  assert.equal(
    out,
    "Job words failed · 15 complete, 2 failed of 17 in 4 s\n" +
      "  task 3: exit code 1 on spark-1 · muster logs words 3\n" +
      "  task 9: signal 9, over its memory limit on spark-1 · muster logs words 9\n" +
      "muster reset words --failed runs what failed again\n" +
      "muster fetch words brings the results\n",
  );
});

Deno.test("muster sub --quiet prints the id alone, and still waits", async () => {
  const client = createFakeClient({ watched: [aFailedJob()] });
  const { code, out, err } = await muster(["sub", "--quiet", "--", "false"], { client });
  assert.deepEqual([code, out, err], [1, "jabc\n", ""]);
});

Deno.test("muster sub --no-wait returns at once", async () => {
  const client = createFakeClient();
  const { code, out, err } = await muster(["sub", "--no-wait", "--", "true"], { client });
  assert.deepEqual([code, out], [0, ""]);
  assert.equal(err, "Job words (jabc) · 17 tasks\nmuster watch words shows how far it is\n");
  assert.ok(!client.calls.some(({ method }) => method === "watchJob"));
});

Deno.test("muster sub --dry-run asks for a preview and submits nothing", async () => {
  const client = createFakeClient();
  const { code, out } = await muster(["sub", "--dry-run", "--seq", "17", "--", "wc", "{index}"], { client });
  assert.equal(code, 0);
  assert.equal(
    out,
    "Job words would have 17 tasks:\n  wc -w GPL-2\n  and 16 more\nIt could run on spark-1\n",
  );
  assert.deepEqual(client.calls.map(({ method }) => method), ["preview", "close"]);
});

Deno.test("previewText() says when no host could run it", () => {
  const text = previewText({ name: "x", total: 1, commands: [{ shell: "a | b" }], hosts: [] });
  assert.equal(text, "Job x would have 1 task:\n  a | b\nNo host could run it now; it would wait\n");
});

Deno.test("muster sub leaves the job running on Ctrl-C and says how to come back", async () => {
  const left = new AbortController();
  const client = createFakeClient({
    watchJob: (_job, options) => {
      queueMicrotask(() => left.abort());
      return watchUntilLeft([aJobBody()], options?.signal);
    },
  });
  const { code, out, err } = await muster(["sub", "--", "true"], {
    client,
    ports: { interrupts: () => left.signal },
  });
  assert.deepEqual([code, out], [130, ""]);
  assert.equal(
    err,
    "Job words (jabc) · 17 tasks\n" +
      "Left job words (jabc): it goes on. muster watch jabc comes back, muster kill jabc ends it\n",
  );
  assert.ok(!client.calls.some(({ method }) => method === "kill"));
});

Deno.test("muster sub says what the controller refuses, and with which code", async (t) => {
  const cases: [FakeAnswers["submit"], number][] = [
    [() => Promise.reject(new MusterError("Conflict", "Cannot submit: it has not ended")), 6],
    [() => Promise.reject(new MusterError("OutOfSpace", "Cannot submit: the disk is full")), 7],
    [() => Promise.reject(new MusterError("NotFound", 'Cannot submit: no job "x"')), 3],
  ];
  for (const [submit, expected] of cases) {
    await t.step(String(expected), async () => {
      const { code } = await muster(["sub", "--", "true"], { client: createFakeClient({ submit: submit! }) });
      assert.equal(code, expected);
    });
  }
});

Deno.test("muster sub says that the watch broke off rather than that the work is done", async () => {
  const client = createFakeClient({ watched: [aJobBody()] });
  const { code, err } = await muster(["sub", "--", "true"], { client });
  assert.equal(code, 4);
  assert.match(
    err,
    /Cannot follow job "words": the controller ended the watch\nhint: muster watch jabc goes on/,
  );
});

Deno.test("muster sub --output json prints the ended job as one document", async () => {
  const { code, out } = await muster(["sub", "--output", "json", "--", "true"]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), aCompleteJob());
});

Deno.test("muster sub sends a table over 32 MiB as a blob", async () => {
  const rows = Array.from({ length: 340 }, (_, at) => `${at}${"x".repeat(100_000)}`);
  await inDirectory({ "big.tsv": `value\n${rows.join("\n")}\n` }, async (cwd) => {
    const client = createFakeClient();
    const { code, err } = await muster(["sub", "--no-wait", "--params", "big.tsv", "--", "echo", "{value}"], {
      cwd,
      client,
    });
    assert.equal(code, 0, err);
    const [put, submit] = client.calls;
    assert.deepEqual([put?.method, submit?.method], ["putBlob", "submit"]);
    const body = submit?.args[0] as SubmitBody;
    assert.deepEqual(body.parameters, { blob: put?.args[0], format: "tsv" });
    const sent = await new Response(put?.args[1] as ReadableStream<Uint8Array>).bytes();
    assert.deepEqual(sent.length, (await Deno.stat(join(cwd, "big.tsv"))).size);
  });
});
