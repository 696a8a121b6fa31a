import assert from "node:assert/strict";
import { createControllerStarter, type StarterParts } from "../../../cli/start_controller.ts";
import { createAgentStarter } from "../../../cli/start_agent.ts";
import { MusterError } from "../../../core/errors.ts";
import type { Ending } from "../../../system/background.ts";
import { musterHome } from "../../../system/home.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";

const HOME = musterHome(() => "/h");

interface Script {
  /** The look at the socket, counted from 0, at which something answers. */
  readonly answersAt?: number;
  /** The look at which the child has ended. */
  readonly endsAt?: number;
  readonly ending?: Ending;
  /** Process id in the lock when something answers. */
  readonly lockedBy?: number | null;
}

/** Parts under which each look at the socket costs one wait. */
function scripted(script: Script) {
  const { answersAt = Infinity, endsAt = Infinity, lockedBy = 77 } = script;
  const { ending = { code: 7, words: "it ended with code 7" } } = script;
  const clock = new FakeClock();
  const spawned: (readonly string[])[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<Ending>();
  let looks = 0;
  const parts: StarterParts = {
    connects: () => Promise.resolve(looks++ >= answersAt),
    lockedElsewhere: () => Promise.resolve(null),
    locked: () => Promise.resolve(lockedBy !== null),
    holder: () => Promise.resolve(lockedBy),
    spawn: (argv) => {
      spawned.push(argv);
      return Promise.resolve({ pid: 77, ended });
    },
    self: () => Promise.resolve(["/bin/muster"]),
    read: (_path, from) => Promise.resolve("old line\nport 7770 is taken\n".slice(from)),
    sizeOf: () => Promise.resolve("old line\n".length),
    wait: (ms) => {
      clock.advance(ms);
      if (looks >= endsAt) resolve(ending);
      return Promise.resolve();
    },
    monotonicMs: () => clock.monotonicMs(),
  };
  return { parts, spawned, clock, looks: () => looks };
}

Deno.test("start() starts this program in the background and waits until it answers", async () => {
  const { parts, spawned, looks } = scripted({ answersAt: 20 });
  const started = await createControllerStarter(parts).start(HOME, ["--listen=127.0.0.1:0"]);
  assert.deepEqual(started, { pid: 77, isOurs: true });
  assert.deepEqual(spawned, [["/bin/muster", "controller", "start", "--background", "--listen=127.0.0.1:0"]]);
  assert.equal(looks(), 21);
});

Deno.test("start() shows the end of the log, and no older lines, when the controller ends", async () => {
  const { parts } = scripted({ endsAt: 3 });
  await assert.rejects(createControllerStarter(parts).start(HOME, []), (error) => {
    assert.ok(error instanceof MusterError);
    assert.equal(error.code, "Unreachable");
    assert.equal(
      error.message,
      "Cannot start a controller on this machine: it ended with code 7\n  port 7770 is taken",
    );
    assert.equal(error.hint, "The whole log is /h/logs/controller.log");
    return true;
  });
});

Deno.test("start() uses the controller of another start that was faster", async () => {
  const { parts } = scripted({
    endsAt: 3,
    ending: { code: 6, words: "it ended with code 6" },
    answersAt: 30,
    lockedBy: 99,
  });
  assert.deepEqual(await createControllerStarter(parts).start(HOME, []), { pid: 99, isOurs: false });
});

Deno.test("start() knows by the lock that another start was faster, before its own has ended", async () => {
  const { parts } = scripted({ answersAt: 3, lockedBy: 99 });
  assert.deepEqual(await createControllerStarter(parts).start(HOME, []), { pid: 99, isOurs: false });
  const ours = scripted({ answersAt: 3, lockedBy: 77 });
  assert.deepEqual(await createControllerStarter(ours.parts).start(HOME, []), { pid: 77, isOurs: true });
});

Deno.test("start() gives up after 15 seconds", async () => {
  const { parts, clock } = scripted({});
  const before = clock.monotonicMs();
  await assert.rejects(createControllerStarter(parts).start(HOME, []), /it did not answer within 15 s/);
  assert.ok(clock.monotonicMs() - before < 15_100);
});

Deno.test("start() stops waiting when it is interrupted", async () => {
  const { parts } = scripted({});
  await assert.rejects(createControllerStarter(parts).start(HOME, [], AbortSignal.abort()), {
    code: "Interrupted",
  });
});

Deno.test("ends() waits until nothing answers, and no longer than its limit", async () => {
  const lasting = createControllerStarter(scripted({ answersAt: 0 }).parts);
  assert.equal(await lasting.ends(HOME, 1_000), false);
  assert.equal(await createControllerStarter(scripted({ lockedBy: null }).parts).ends(HOME, 1_000), true);
});

Deno.test("an agent that ends at once is an error with the end of its log", async () => {
  const { parts } = scripted({ endsAt: 0 });
  const ended = Promise.resolve({ code: 4, words: "it ended with code 4" });
  const failing = createAgentStarter({
    ...parts,
    spawn: () => Promise.resolve({ pid: 1, ended }),
    wait: () => new Promise(() => {}),
  });
  await assert.rejects(failing.start(HOME, []), /it ended with code 4\n {2}port 7770 is taken/);
  const running = createAgentStarter({
    ...parts,
    spawn: () => Promise.resolve({ pid: 1, ended: new Promise(() => {}) }),
  });
  assert.deepEqual(await running.start(HOME, []), { pid: 1, log: "/h/logs/agent.log" });
});

Deno.test("start() says what a controller said that refuses its settings", async () => {
  const { parts } = scripted({ endsAt: 3, ending: { code: 2, words: "it ended with code 2" } });
  const said = "old line\nmuster: Cannot read /h/config.yaml: unknown key\nhint: Did you mean listen?\n";
  const starter = createControllerStarter({ ...parts, read: () => Promise.resolve(said) });
  await assert.rejects(starter.start(HOME, []), {
    code: "InvalidInput",
    message: "Cannot read /h/config.yaml: unknown key",
    hint: "Did you mean listen?",
  });
});
