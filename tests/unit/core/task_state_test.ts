import assert from "node:assert/strict";
import fc from "fast-check";
import { aTask } from "../../builders/a_task.ts";
import { advance, isFinal, MAX_LOSSES, NEXT } from "../../../core/task_state.ts";
import { type Observation, type Task, TASK_STATES, type TaskState } from "../../../core/task.ts";

const NOW = 1_000_000;

const claimed = (overrides: Partial<Task> = {}) =>
  aTask({ state: "claimed", attempt: 3, hostId: "h1", ...overrides });
const running = (overrides: Partial<Task> = {}) =>
  claimed({ state: "running", attempts: 1, startedAt: 10, ...overrides });

function ended(overrides: Partial<Extract<Observation, { kind: "ended" }>> = {}): Observation {
  return {
    kind: "ended",
    attempt: 3,
    cause: "exit",
    exitCode: 0,
    startedAt: 20,
    endedAt: 30,
    reason: null,
    ...overrides,
  };
}
const lost: Observation = { kind: "lost", attempt: 3, reason: "host went away" };
const notStarted: Observation = { kind: "not_started", attempt: 3, reason: "disk full" };

interface Case {
  readonly title: string;
  readonly task: Task;
  readonly see: Observation;
  /** What differs from `task`; null: the same object. */
  readonly want: Partial<Task> | null;
}

const CASES: readonly Case[] = [
  {
    title: "claims a pending task under its next number and forgets the last attempt",
    task: aTask({ attempt: 2, reason: "lost", exitCode: 1, signal: 1, startedAt: 1, endedAt: 2 }),
    see: { kind: "claimed", attempt: 3, hostId: "h2" },
    want: {
      state: "claimed",
      attempt: 3,
      hostId: "h2",
      reason: null,
      exitCode: null,
      signal: null,
      startedAt: null,
      endedAt: null,
    },
  },
  {
    title: "refuses a claim that skips a number",
    task: aTask({ attempt: 2 }),
    see: { kind: "claimed", attempt: 4, hostId: "h2" },
    want: null,
  },
  {
    title: "refuses a claim of a used number",
    task: aTask({ attempt: 2 }),
    see: { kind: "claimed", attempt: 2, hostId: "h2" },
    want: null,
  },
  {
    title: "refuses a second claim",
    task: claimed(),
    see: { kind: "claimed", attempt: 4, hostId: "h2" },
    want: null,
  },
  {
    title: "counts an attempt when it starts",
    task: claimed(),
    see: { kind: "started", attempt: 3, startedAt: 15 },
    want: { state: "running", attempts: 1, startedAt: 15 },
  },
  {
    title: "takes no second start",
    task: running(),
    see: { kind: "started", attempt: 3, startedAt: 15 },
    want: null,
  },
  {
    title: "takes no start of an older attempt",
    task: claimed(),
    see: { kind: "started", attempt: 2, startedAt: 15 },
    want: null,
  },
  {
    title: "completes a task that ended with 0 before its start was seen",
    task: claimed(),
    see: ended(),
    want: { state: "complete", attempts: 1, exitCode: 0, startedAt: 20, endedAt: 30 },
  },
  {
    title: "completes a running task without counting it again",
    task: running(),
    see: ended(),
    want: { state: "complete", exitCode: 0, startedAt: 20, endedAt: 30 },
  },
  {
    title: "completes a task that ended with 0 although a kill was asked for",
    task: running({ killRequested: true }),
    see: ended(),
    want: { state: "complete", exitCode: 0, startedAt: 20, endedAt: 30 },
  },
  {
    title: "fails a task that may not be tried again",
    task: running(),
    see: ended({ exitCode: 3 }),
    want: { state: "failed", failures: 1, exitCode: 3, startedAt: 20, endedAt: 30 },
  },
  {
    title: "returns a failed task to pending while it has retries, with words for why",
    task: running({ retries: 1 }),
    see: ended({ exitCode: 3 }),
    want: { state: "pending", failures: 1, reason: "exit code 3", startedAt: null },
  },
  {
    title: "fails a task after its last retry",
    task: running({ retries: 1, failures: 1 }),
    see: ended({ exitCode: 3 }),
    want: { state: "failed", failures: 2, exitCode: 3, startedAt: 20, endedAt: 30 },
  },
  {
    title: "reads signal n from 128+n",
    task: running(),
    see: ended({ exitCode: 139 }),
    want: { state: "failed", failures: 1, exitCode: 139, signal: 11, startedAt: 20, endedAt: 30 },
  },
  {
    title: "reads no signal from 255",
    task: running(),
    see: ended({ exitCode: 255 }),
    want: { state: "failed", failures: 1, exitCode: 255, startedAt: 20, endedAt: 30 },
  },
  {
    title: "counts a timeout as the command's own failure, in the host's words",
    task: running(),
    see: ended({ cause: "timeout", exitCode: 143, reason: "ran longer than 5m" }),
    want: {
      state: "failed",
      failures: 1,
      exitCode: 143,
      signal: 15,
      reason: "ran longer than 5m",
      startedAt: 20,
      endedAt: 30,
    },
  },
  {
    title: "finds words for a memory limit that came without",
    task: running(),
    see: ended({ cause: "memory", exitCode: null }),
    want: {
      state: "failed",
      failures: 1,
      exitCode: null,
      reason: "used more memory than its limit",
      startedAt: 20,
      endedAt: 30,
    },
  },
  {
    title: "kills a task whose attempt was ended by a kill, even with code 0",
    task: running({ killRequested: true }),
    see: ended({ cause: "killed", exitCode: 0 }),
    want: { state: "killed", exitCode: 0, reason: "killed", startedAt: 20, endedAt: 30 },
  },
  {
    title: "kills rather than tries again once a kill was asked for",
    task: running({ killRequested: true, retries: 5 }),
    see: ended({ exitCode: 1 }),
    want: { state: "killed", exitCode: 1, reason: "killed", startedAt: 20, endedAt: 30 },
  },
  {
    title: "takes an end without a code for a loss, never for a success",
    task: running(),
    see: ended({ exitCode: null }),
    want: { state: "pending", losses: 1, reason: "exit status lost", startedAt: null },
  },
  {
    title: "returns a lost task to pending and keeps why",
    task: running(),
    see: lost,
    want: { state: "pending", losses: 1, reason: "host went away", startedAt: null },
  },
  {
    title: "fails a task at its tenth loss",
    task: running({ losses: MAX_LOSSES - 1 }),
    see: lost,
    want: { state: "failed", losses: 10, reason: "lost 10 times: host went away", endedAt: NOW },
  },
  {
    title: "kills a lost task that was to be killed",
    task: running({ killRequested: true }),
    see: lost,
    want: { state: "killed", losses: 1, reason: "killed", endedAt: NOW },
  },
  {
    title: "takes a loss once: the task is pending when it comes again",
    task: aTask({ attempt: 3, losses: 1 }),
    see: lost,
    want: null,
  },
  {
    title: "takes no end of an attempt that was given up",
    task: aTask({ attempt: 3, losses: 1 }),
    see: ended(),
    want: null,
  },
  {
    title: "counts nothing when an attempt never began",
    task: claimed(),
    see: notStarted,
    want: { state: "pending", reason: "disk full" },
  },
  {
    title: "kills a task to be killed whose attempt never began",
    task: claimed({ killRequested: true }),
    see: notStarted,
    want: { state: "killed", reason: "killed", endedAt: NOW },
  },
  {
    title: "counts a loss when a host forgot an attempt that was seen running",
    task: running(),
    see: notStarted,
    want: { state: "pending", losses: 1, reason: "disk full", startedAt: null },
  },
  {
    title: "kills a pending task at once",
    task: aTask(),
    see: { kind: "kill", hostSees: true },
    want: { state: "killed", reason: "killed", endedAt: NOW },
  },
  {
    title: "remembers a kill that a host will carry out",
    task: running(),
    see: { kind: "kill", hostSees: true },
    want: { killRequested: true },
  },
  {
    title: "takes a second kill for no news",
    task: running({ killRequested: true }),
    see: { kind: "kill", hostSees: true },
    want: null,
  },
  {
    title: "kills at once what no host can be told of",
    task: running({ killRequested: true }),
    see: { kind: "kill", hostSees: false },
    want: { state: "killed", reason: "killed", endedAt: NOW },
  },
  {
    title: "does not kill an ended task",
    task: aTask({ state: "complete", attempt: 3 }),
    see: { kind: "kill", hostSees: false },
    want: null,
  },
  {
    title: "resets an ended task and never starts its numbers again",
    task: aTask({
      state: "failed",
      attempt: 3,
      attempts: 2,
      failures: 2,
      losses: 1,
      killRequested: true,
      exitCode: 137,
      signal: 9,
      reason: "x",
      startedAt: 1,
      endedAt: 2,
    }),
    see: { kind: "reset" },
    want: {
      state: "pending",
      failures: 0,
      losses: 0,
      killRequested: false,
      exitCode: null,
      signal: null,
      reason: null,
      startedAt: null,
      endedAt: null,
    },
  },
  { title: "does not reset a running task", task: running(), see: { kind: "reset" }, want: null },
];

for (const { title, task, see, want } of CASES) {
  Deno.test(`advance() ${title}`, () => {
    const next = advance(task, see, NOW);
    if (want === null) assert.equal(next, task);
    else assert.deepEqual(next, { ...task, ...want });
  });
}

Deno.test("advance() leaves ended tasks alone whatever is reported", () => {
  for (const state of ["complete", "failed", "killed"] as const) {
    const task = aTask({ state, attempt: 3 });
    const news: Observation[] = [
      ended(),
      lost,
      notStarted,
      { kind: "started", attempt: 3, startedAt: 1 },
      { kind: "claimed", attempt: 4, hostId: "h1" },
    ];
    for (const see of news) assert.equal(advance(task, see, NOW), task, `${state} ${see.kind}`);
  }
});

Deno.test("isFinal() holds for what only a reset leaves", () => {
  assert.deepEqual(TASK_STATES.filter(isFinal), ["complete", "failed", "killed"]);
});

// Near the task's own numbers, so that current, stale and future attempts all come up.
const attempt = fc.integer({ min: 0, max: 6 });
const words = fc.constantFrom("a", "b");
const time = fc.integer({ min: 0, max: 100 });
// Weights keep lives long: kills and resets cut them short.
const observation: fc.Arbitrary<Observation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("claimed" as const), attempt, hostId: words }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("started" as const), attempt, startedAt: time }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("ended" as const),
      attempt,
      cause: fc.constantFrom("exit" as const, "timeout" as const, "memory" as const, "killed" as const),
      exitCode: fc.constantFrom(0, 1, 137, null),
      startedAt: time,
      endedAt: time,
      reason: fc.constantFrom(null, "why"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("lost" as const), attempt, reason: words }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("not_started" as const), attempt, reason: words }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill" as const), hostSees: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reset" as const) }) },
);

/** Most observations of a sequence are of the attempt that is out, so that long lives come up too. */
function aimed(task: Task, see: Observation, aim: number): Observation {
  if (!("attempt" in see) || aim > 7) return see;
  return { ...see, attempt: see.kind === "claimed" ? task.attempt + 1 : task.attempt };
}

Deno.test("advance() keeps one final record and the table's steps through any sequence", () => {
  const seenSteps = new Set<string>();
  const news = fc.tuple(observation, fc.integer({ min: 0, max: 9 }), fc.boolean());
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 }),
      fc.array(news, { maxLength: 60, size: "max" }),
      (retries, sequence) => {
        let task = aTask({ retries });
        let finals = 0;
        for (const [raw, aim, twice] of sequence) {
          const see = aimed(task, raw, aim);
          const next = advance(task, see, NOW);
          checkStep(task, next, see);
          if (next.state !== task.state) seenSteps.add(`${task.state} ${next.state}`);
          if (see.kind === "reset") finals = 0;
          if (!isFinal(task.state) && isFinal(next.state)) finals++;
          assert.ok(finals <= 1, "two final records");
          if (twice && see.kind !== "reset") {
            assert.equal(
              advance(next, see, NOW),
              next,
              "a repeat is no news",
            );
          }
          task = next;
        }
      },
    ),
    { numRuns: 1000 },
  );
  const allSteps = Object.entries(NEXT).flatMap(([from, to]) => to.map((state) => `${from} ${state}`));
  assert.deepEqual([...seenSteps].sort(), allSteps.sort(), "the sequences reach every step of the table");
});

function checkStep(task: Task, next: Task, see: Observation): void {
  if (next === task) return;
  assert.notDeepEqual(next, task, `${see.kind} brought nothing new but a new object`);
  if (next.state !== task.state) {
    const allowed: readonly TaskState[] = NEXT[task.state];
    assert.ok(allowed.includes(next.state), `${task.state} -> ${next.state}`);
  }
  assert.ok(next.attempt >= task.attempt && next.attempts >= task.attempts, "numbers decreased");
  assert.ok(next.attempts <= next.attempt, "more attempts began than were issued");
  assert.ok(next.failures <= task.retries + 1 && next.losses <= MAX_LOSSES);
  if (isFinal(task.state)) assert.equal(see.kind, "reset");
  if ("attempt" in see && see.kind !== "claimed") {
    assert.equal(see.attempt, task.attempt, "stale news counted");
  }
}
