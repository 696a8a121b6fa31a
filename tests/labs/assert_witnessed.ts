import assert from "node:assert/strict";
import type { Client } from "../../clients/typescript/client.ts";
import type { EventBody } from "../../core/api/fleet.ts";
import type { TaskDetailBody } from "../../core/api/jobs.ts";
import { unpackTar } from "../../system/tar.ts";
import { type Begin, FAILURE, readBegins, witness } from "./witness.ts";

/** Requests under way at a time. */
const AT_ONCE = 8;

/** What a witness job that has ended turned out to be. */
export interface Witnessed {
  readonly begins: number;
  /** Attempts that were given back before they began. */
  readonly givenBack: number;
}

/**
 * A job of {@linkcode witnessJob} ended as it should: each task has one final record, ran as often as its index says
 * and no more, each run is an attempt in the record, and the output is kept.
 */
export async function assertWitnessed(
  client: Client,
  jobId: string,
  directory: string,
  total: number,
): Promise<Witnessed> {
  const indexes = Array.from({ length: total }, (_, at) => at + 1);
  const begins = readBegins(directory);
  const events = await eventsOf(client, jobId);
  const details = await allDetails(client, jobId, indexes);
  const files = await smallFiles(client, jobId);
  const faults = indexes.flatMap((index) => {
    const told = events.filter((event) => event.index === index);
    const found = [
      ...faultsOfRuns(index, begins.get(index) ?? []),
      ...faultsOfRecord(index, details[index - 1]!, begins.get(index) ?? []),
      ...faultsOfEvents(index, told),
      ...faultsOfFiles(index, files),
    ];
    return found.length === 0
      ? []
      : [`task ${index}: ${found.join("; ")}\n${story(told, begins.get(index))}`];
  });
  assert.equal(faults.length, 0, `${faults.length} of ${total} tasks:\n${faults.slice(0, 5).join("\n")}`);
  assert.equal(
    (await client.job(jobId)).counts.complete,
    indexes.filter((each) => !witness.fails(each)).length,
  );
  assert.deepEqual([...begins.keys()].filter((index) => index < 1 || index > total), []);
  const issued = details.reduce((sum, { attempt }) => sum + attempt, 0);
  const runs = [...begins.values()].reduce((sum, lines) => sum + lines.length, 0);
  return { begins: runs, givenBack: issued - runs };
}

function faultsOfRuns(index: number, begins: readonly Begin[]): string[] {
  const faults = begins.length === witness.runs(index)
    ? []
    : [`ran ${begins.length} times, not ${witness.runs(index)}`];
  const isInOrder = begins.every(({ attempt }, at) => at === 0 || attempt > begins[at - 1]!.attempt);
  return isInOrder ? faults : [...faults, "ran two attempts in the wrong order, or one twice"];
}

function faultsOfRecord(index: number, task: TaskDetailBody, begins: readonly Begin[]): string[] {
  const faults: string[] = [];
  const differs = (what: string, is: unknown, wanted: unknown) => {
    const [a, b] = [JSON.stringify(is), JSON.stringify(wanted)];
    if (a !== b) faults.push(`${what} is ${a}, not ${b}`);
  };
  const ends = witness.fails(index)
    ? ["failed", "failed"]
    : witness.failsOnce(index)
    ? ["failed", "complete"]
    : ["complete"];
  differs("state", task.state, ends.at(-1));
  differs("exit code", task.exit_code, witness.fails(index) ? FAILURE : 0);
  differs("attempts", task.attempts, ends.length);
  differs("ends of its attempts", task.attempt_list.map(({ state }) => state), ends);
  differs(
    "numbers of its attempts",
    task.attempt_list.map((each) => each.attempt),
    begins.map((each) => each.attempt),
  );
  return faults;
}

function faultsOfEvents(index: number, events: readonly EventBody[]): string[] {
  const finals = events.filter(({ kind }) => /^task\.(complete|failed|killed)$/.test(kind));
  const wanted = witness.fails(index) ? "task.failed" : "task.complete";
  return finals.length === 1 && finals[0]!.kind === wanted ? [] : [`${finals.length} final events`];
}

function faultsOfFiles(index: number, files: ReadonlyMap<string, string>): string[] {
  const faults = files.get(`${index}/stdout.txt`) === `${index}\n` ? [] : ["its output is not its index"];
  const made = files.get(`${index}/made.txt`);
  const wanted = witness.writes(index) ? `file of ${index}\n` : undefined;
  return made === wanted ? faults : [...faults, `its file holds ${JSON.stringify(made)}`];
}

function story(events: readonly EventBody[], begins: readonly Begin[] = []): string {
  const told = events.map(({ seq, at, kind, data }) => `  ${seq} ${at} ${kind} ${JSON.stringify(data)}`);
  return [...told, `  begins: ${begins.map(({ attempt, pid }) => `attempt ${attempt} as ${pid}`).join(", ")}`]
    .join("\n");
}

/** All events of a job up to its last end. */
export async function eventsOf(client: Client, jobId: string): Promise<EventBody[]> {
  const leave = new AbortController();
  const events: EventBody[] = [];
  for await (const event of client.events({ since: 0, job: jobId, signal: leave.signal })) {
    events.push(event);
    if (event.kind === "job.ended") break;
  }
  leave.abort();
  return events;
}

async function allDetails(
  client: Client,
  jobId: string,
  indexes: readonly number[],
): Promise<TaskDetailBody[]> {
  const details: TaskDetailBody[] = [];
  for (let at = 0; at < indexes.length; at += AT_ONCE) {
    const some = indexes.slice(at, at + AT_ONCE).map((index) => client.task(jobId, index));
    details.push(...await Promise.all(some));
  }
  return details;
}

/** The text of all files that the job left, by their path. */
async function smallFiles(client: Client, jobId: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, body } of unpackTar(await client.files(jobId))) {
    files.set(name, await new Response(body).text());
  }
  return files;
}
