import assert from "node:assert/strict";
import { AttemptDirectories } from "../../../agent/attempt_directories.ts";
import { renderRunHeader } from "../../../agent/run_header.ts";
import { silentLog } from "../../../system/log.ts";
import { anAssignment } from "../../labs/agent_lab.ts";
import { waitUntil } from "../../labs/wait_until.ts";

const ref = (index: number, attempt = 1) => ({ jobId: "j", index, attempt });
const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

function make(directories: AttemptDirectories, of: ReturnType<typeof ref>): void {
  directories.keep(of);
  const path = directories.pathOf(of);
  Deno.mkdirSync(`${path}/work`, { recursive: true });
  const assignment = anAssignment(of, { argv: ["true"] });
  const lane = { pid: 1, startTime: "1", bootId: "b" };
  const header = renderRunHeader({ version: 2, assignment, gpus: [], lane, after: null, cgroup: null });
  Deno.writeTextFileSync(`${path}/run`, `guard\n# ${header}\nexit\n`);
}

Deno.test("AttemptDirectories removes the directory of an index with its last attempt, at once to the eye", async () => {
  const root = await Deno.makeTempDir();
  const directories = new AttemptDirectories(root, silentLog);
  for (const attempt of [1, 2]) make(directories, ref(1, attempt));
  directories.forget(ref(1, 1), 0, false);
  assert.deepEqual(names(`${root}/j/1`), ["2"]);
  directories.forget(ref(1, 2), 0, false);
  assert.deepEqual(names(`${root}/j`), []);
  directories.forget(ref(7), 0, false);
  directories.forgetJob("j");
  assert.deepEqual(names(root), [".trash"]);
  await directories.close();
  await Deno.remove(root, { recursive: true });
});

Deno.test("AttemptDirectories removes large ones without waiting for a pause, and the rest at the next start", async () => {
  const root = await Deno.makeTempDir();
  const directories = new AttemptDirectories(root, silentLog);
  make(directories, ref(1));
  directories.forget(ref(1), 2 ** 30, false);
  await waitUntil(() => names(`${root}/.trash`).length === 1);
  make(directories, ref(2));
  directories.forget(ref(2), 0, false);
  await directories.close();
  assert.equal(names(`${root}/.trash`).length, 2);
  const next = new AttemptDirectories(root, silentLog);
  await next.close();
  assert.equal(names(`${root}/.trash`).length, 1, "the spares of the new one");
  await Deno.remove(root, { recursive: true });
});

Deno.test("AttemptDirectories.scan() finds attempts and clears away what began nothing", async () => {
  const root = await Deno.makeTempDir();
  const directories = new AttemptDirectories(root, silentLog);
  make(directories, ref(1));
  make(directories, ref(2));
  Deno.mkdirSync(`${root}/j/3/1/work`, { recursive: true });
  Deno.writeTextFileSync(`${directories.pathOf(ref(2))}/run`, 'guard\n# {"cut off');
  // A directory that says it is another.
  Deno.mkdirSync(`${root}/j/4`, { recursive: true });
  Deno.renameSync(directories.pathOf(ref(1)), `${root}/j/4/1`);
  make(directories, ref(5));
  assert.deepEqual(directories.scan().map(({ header }) => header.assignment.ref.index), [5]);
  assert.deepEqual(directories.scan().map(({ directory }) => directory), [directories.pathOf(ref(5))]);
  await directories.close();
  await Deno.remove(root, { recursive: true });
});
