import assert from "node:assert/strict";
import { aJob, someCounts } from "../../../builders/a_job.ts";
import { anAttempt, aTask } from "../../../builders/a_task.ts";
import { apiLab } from "../../../labs/api_lab.ts";

const LOG = "/api/v1/jobs/words/tasks/1/log";

function withTask(task: Parameters<typeof aTask>[0]) {
  const lab = apiLab();
  lab.jobs.push(aJob());
  lab.tasks.push({ task: aTask(task), parameters: ["f"] });
  return lab;
}

/** The task's attempt ends with this output, as a commit would tell it. */
function end(lab: ReturnType<typeof apiLab>, text: string): void {
  lab.attempts.set("job1", [anAttempt({ output: { size: text.length, sha256: lab.blobs.add(text) } })]);
  lab.tasks[0] = { task: aTask({ state: "complete", attempt: 1, hostId: "h1" }), parameters: ["f"] };
  lab.change(aJob({ counts: someCounts({ complete: 1 }) }));
}

Deno.test("log of an ended attempt comes from its blob, from the offset", async () => {
  using lab = withTask({ state: "complete", attempt: 2, hostId: "h1" });
  const output = (text: string) => ({ size: text.length, sha256: lab.blobs.add(text) });
  lab.attempts.set("job1", [
    anAttempt({ output: output("first") }),
    anAttempt({ attempt: 2, output: output("second") }),
  ]);
  assert.equal(await (await lab.ask(LOG)).text(), "second");
  assert.equal(await (await lab.ask(`${LOG}?attempt=1`)).text(), "first");
  assert.equal(await (await lab.ask(`${LOG}?offset=3`)).text(), "ond");
  assert.equal(await (await lab.ask(`${LOG}?offset=99`)).text(), "");
  assert.equal((await lab.ask(`${LOG}?attempt=3`)).status, 404);
});

Deno.test("log of a running attempt comes from its host", async () => {
  using lab = withTask({ state: "running", attempt: 1, hostId: "h1" });
  assert.equal((await lab.ask(LOG)).status, 503);
  lab.state.logs.set("job1/1/1", "so far");
  const response = await lab.ask(`${LOG}?offset=3&follow=true`);
  end(lab, "so far");
  assert.equal(await response.text(), "far");
  assert.match(response.headers.get("content-type")!, /^text\/plain/);
  assert.equal(response.headers.get("content-security-policy"), "sandbox");
  assert.equal(response.headers.get("content-disposition"), 'attachment; filename="words-1.txt"');
});

Deno.test("log of a task that has not begun is empty; with follow it waits until the task runs", async () => {
  using lab = withTask({});
  assert.equal(await (await lab.ask(LOG)).text(), "");
  const following = lab.ask(`${LOG}?follow=1`);
  lab.tasks[0] = { task: aTask({ state: "running", attempt: 1, hostId: "h1" }), parameters: ["f"] };
  lab.state.logs.set("job1/1/1", "began");
  lab.change(aJob({ counts: someCounts({ pending: 1, running: 1 }) }));
  const response = await following;
  end(lab, "began");
  assert.equal(await response.text(), "began");
});

Deno.test("log with follow takes from the blob what the host had already forgotten", async () => {
  for (const sent of ["", "so f"]) {
    using lab = withTask({ state: "running", attempt: 1, hostId: "h1" });
    lab.state.logs.set("job1/1/1", sent);
    const response = await lab.ask(`${LOG}?follow=true`);
    end(lab, "so far");
    assert.equal(await response.text(), "so far");
  }
});

Deno.test("log with follow ends when the controller stops", async () => {
  using lab = withTask({});
  const following = lab.ask(`${LOG}?follow=1`);
  lab.stopping.abort();
  assert.equal(await (await following).text(), "");
});

Deno.test("tasks are named by their number", async () => {
  using lab = withTask({ state: "failed", attempt: 1, exitCode: 137, signal: 9, hostId: "h9" });
  const task = await (await lab.ask("/api/v1/jobs/words/tasks/1")).json();
  assert.deepEqual(task.command, { argv: ["wc", "-w", "f"] });
  assert.deepEqual([task.exit_code, task.signal, task.host, task.parameters], [137, 9, "h9", { file: "f" }]);
  assert.equal((await lab.ask("/api/v1/jobs/words/tasks/2")).status, 404);
  for (const index of ["0", "-1", "x", "1.5", "99999999999"]) {
    assert.equal((await lab.ask(`/api/v1/jobs/words/tasks/${index}`)).status, 400, index);
  }
  const page = await (await lab.ask("/api/v1/jobs/words/tasks?state=failed")).json();
  assert.equal(page.items.length, 1);
});
