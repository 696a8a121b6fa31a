import assert from "node:assert/strict";
import { readExitRecord, readExitState } from "../../agent/keeper/attempt_files.ts";
import { BLANK_RECORD } from "../../agent/keeper/exit_record.ts";
import { guardedRun, isForNobody, withdraw } from "../../agent/keeper/guarded_run.ts";
import { LANE_SCRIPT } from "../../agent/keeper/lane_script.ts";
import { TextLineStream } from "../labs/text_lines.ts";
import { testUnless } from "../labs/skip.ts";
import { waitUntil } from "../labs/wait_until.ts";

const SHELLS: readonly (readonly string[])[] = [["sh"], ["dash"], ["bash", "--posix"], ["busybox", "sh"]];

/** A lane driven by hand. */
class HandLane implements AsyncDisposable {
  readonly root = Deno.makeTempDirSync();
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #reports: ReadableStreamDefaultReader<string>;

  constructor([shell, ...options]: readonly string[]) {
    this.#child = new Deno.Command("/bin/sh", {
      args: ["-c", 'exec "$@" 3</dev/null 9</dev/null', "sh", shell!, ...options, "-c", LANE_SCRIPT],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reports = this.#child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
      .getReader();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** The directory of an attempt that runs `script`. */
  attempt(name: string, script: string, lanePid = this.pid): string {
    const directory = `${this.root}/${name}`;
    Deno.mkdirSync(directory);
    Deno.writeTextFileSync(`${directory}/exit`, BLANK_RECORD);
    Deno.writeTextFileSync(`${directory}/run`, guardedRun(`${script}\n`, lanePid));
    return directory;
  }

  feed(directory: string): Promise<void> {
    return this.#writer.write(new TextEncoder().encode(`${directory}\n`));
  }

  async report(): Promise<string | undefined> {
    return (await this.#reports.read()).value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close().catch(() => {});
    await this.#child.status;
    await this.#reports.cancel().catch(() => {});
    await Deno.remove(this.root, { recursive: true });
  }
}

const isInstalled = (program: string) =>
  new Deno.Command("/bin/sh", { args: ["-c", `command -v ${program}`], stdout: "null" }).outputSync().success;

for (const shell of SHELLS) {
  const name = shell.join(" ");
  const test = (title: string, run: () => Promise<void>) =>
    testUnless(isInstalled(shell[0]!) ? undefined : `no ${shell[0]}`, `${title}, under ${name}`, run);

  test("a lane marks, runs and records an attempt, appending to the output that is there", async () => {
    await using lane = new HandLane(shell);
    const directory = lane.attempt("a", "pwd; cat; exit 7");
    Deno.writeTextFileSync(`${directory}/out`, "before\n");
    assert.equal(readExitState(directory), "blank");
    await lane.feed(directory);
    assert.equal(await lane.report(), "1");
    assert.equal(readExitRecord(directory)?.exitCode, 7);
    assert.equal(Deno.readTextFileSync(`${directory}/out`), `before\n${directory}\n`);
  });

  test("a lane hands a task no descriptor that it was started with", async () => {
    await using lane = new HandLane(shell);
    const look = `for n in 3 4 5 6 7 8 9; do ( : <&"$n" ) 2>/dev/null && echo "$n"; done; exit 0`;
    const directory = lane.attempt("a", `exec /bin/sh -c '${look}'`);
    await lane.feed(directory);
    assert.equal(await lane.report(), "1");
    assert.equal(Deno.readTextFileSync(`${directory}/out`), "");
  });

  test("a lane outlives whatever goes wrong in its subshell", async () => {
    await using lane = new HandLane(shell);
    const faults = [
      "exec /no/such/program",
      "exec ''",
      ": <&4",
      "export PPID=1 UID=1",
      ". /no/such",
      "x=\${y?}",
      "eval '('",
    ];
    for (const [at, fault] of faults.entries()) {
      const bad = lane.attempt(`bad${at}`, fault);
      await lane.feed(bad);
      assert.equal(await lane.report(), "1", fault);
      assert.equal(readExitState(bad), "ended", fault);
      await lane.feed(lane.attempt(`good${at}`, "exit 3"));
      assert.equal(await lane.report(), "1", fault);
    }
  });

  test("a lane passes by what is not its own and what is gone, and goes on", async () => {
    await using lane = new HandLane(shell);
    const foreign = lane.attempt("foreign", "echo bad", 1);
    const noRun = lane.attempt("norun", "echo bad");
    Deno.removeSync(`${noRun}/run`);
    for (const directory of [foreign, noRun, `${lane.root}/gone`]) {
      await lane.feed(directory);
      assert.equal(await lane.report(), "", directory);
    }
    assert.equal(readExitState(foreign), "blank");
    assert.equal(Deno.readTextFileSync(`${foreign}/out`), "");
    await lane.feed(lane.attempt("good", "exit 3"));
    assert.equal(await lane.report(), "1");
  });

  test("a lane reads nothing that a task wrote behind its run", async () => {
    await using lane = new HandLane(shell);
    const directory = lane.attempt("a", `echo 'echo bad >>"$d/out"' >>run; ${": ;".repeat(4000)}`);
    await lane.feed(directory);
    assert.equal(await lane.report(), "1");
    assert.equal(Deno.readTextFileSync(`${directory}/out`), "");
  });

  test("withdraw() is certain while the attempt before it runs, whatever its run becomes", async () => {
    await using lane = new HandLane(shell);
    const first = lane.attempt("first", "while ! [ -e gate ]; do sleep 0.01; done");
    const second = lane.attempt("second", "echo bad");
    await lane.feed(first);
    await lane.feed(second);
    await waitUntil(() => readExitState(first) === "begun");
    assert.equal(withdraw(second, first), true);
    assert.ok(isForNobody(Deno.readTextFileSync(`${second}/run`)));
    // It is given to another lane.
    Deno.writeTextFileSync(`${second}/run`, guardedRun("echo other\n", lane.pid + 1));
    Deno.writeTextFileSync(`${first}/gate`, "");
    assert.deepEqual([await lane.report(), await lane.report()], ["1", ""]);
    assert.equal(readExitState(second), "blank");
    assert.equal(Deno.readTextFileSync(`${second}/out`), "");
  });

  test("withdraw() is not certain once the attempt before it ended, and changes nothing then", async () => {
    await using lane = new HandLane(shell);
    const first = lane.attempt("first", "exit 0");
    const second = lane.attempt("second", "exit 5");
    await lane.feed(first);
    assert.equal(await lane.report(), "1");
    assert.equal(withdraw(second, first), false);
    await lane.feed(second);
    assert.equal(await lane.report(), "1");
    assert.equal(readExitRecord(second)?.exitCode, 5);
  });

  test("withdraw() in a race with the lane is true only of attempts that never run", async () => {
    await using lane = new HandLane(shell);
    const seen = { taken: 0, run: 0, passed: 0 };
    for (let round = 0; round < 60; round++) {
      const first = lane.attempt(`first${round}`, "exit 0");
      const second = lane.attempt(`second${round}`, "exit 0");
      // From before the lane hears of them until after it is done with both.
      const late = round % 20;
      let isTaken = late === 0 && withdraw(second, first);
      await lane.feed(`${first}\n${second}`);
      if (late === 19) await waitUntil(() => readExitState(second) === "ended");
      const untilMs = performance.now() + late / 5;
      while (performance.now() < untilMs);
      if (late > 0) isTaken = withdraw(second, first);
      assert.equal(await lane.report(), "1");
      const hasRun = await lane.report() === "1";
      assert.equal(readExitState(second), hasRun ? "ended" : "blank");
      assert.ok(!(isTaken && hasRun), `round ${round}`);
      seen[isTaken ? "taken" : hasRun ? "run" : "passed"]++;
    }
    assert.ok(seen.taken > 0 && seen.run > 0, JSON.stringify(seen));
  });
}

Deno.test("withdraw() tells nothing certain when the record came while it wrote, in either order", () => {
  const root = Deno.makeTempDirSync();
  const [first, second] = [`${root}/first`, `${root}/second`];
  const put = (exit: string) => {
    for (const directory of [first, second]) {
      Deno.mkdirSync(directory, { recursive: true });
      Deno.writeTextFileSync(`${directory}/run`, guardedRun("true\n", 7));
    }
    Deno.writeTextFileSync(`${first}/exit`, exit);
  };
  const whole = "+\n0\n0m0.00s 0m0.00s\n0m0.01s 0m0.02s\n";
  const run = () => Deno.readTextFileSync(`${second}/run`);
  put("+\n");
  let looks = 0;
  assert.equal(withdraw(second, first, () => looks++ === 0), false);
  assert.equal(looks, 2);
  assert.ok(isForNobody(run()), "the lane may have read it before or after");
  put(whole);
  assert.equal(withdraw(second, first), false);
  assert.ok(!isForNobody(run()));
  put("+\n");
  assert.equal(withdraw(second, first), true);
  assert.equal(run().length, guardedRun("true\n", 7).length);
  Deno.removeSync(`${first}/exit`);
  assert.equal(withdraw(second, first), false, "the task removed it");
  Deno.removeSync(root, { recursive: true });
});
