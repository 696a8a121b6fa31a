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
  readonly lost: number;
  /** Attempts that were given back before they began. */
  readonly givenBack: number;
}

/**
 * A job of {@linkcode witnessJob} ended as it should: each task has one final record, ran as often as its index says
 * and no more, each run is an attempt in the record, and the output is kept. `losses`: attempts may be lost, and
 * only what was lost was run again for it.
 */
export async function assertWitnessed(
  client: Client,
  jobId: string,
  directory: string,
  total: number,
  { losses = false }: { readonly losses?: boolean } = {},
): Promise<Witnessed> {
  const indexes = Array.from({ length: total }, (_, at) => at + 1);
  const begins = readBegins(directory);
  const events = await eventsOf(client, jobId);
  const details = await allDetails(client, jobId, indexes);
  const files = await smallFiles(client, jobId);
  const faults = indexes.flatMap((index) => {
    const told = events.filter((event) => event.index === index);
    const found = [
      ...faultsOfRecord(index, details[index - 1]!, begins.get(index) ?? [], losses),
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
  const sum = (count: (task: TaskDetailBody) => number) => details.reduce((so, each) => so + count(each), 0);
  const lost = sum(({ attempt_list }) => attempt_list.filter(({ state }) => state === "lost").length);
  const runs = sum(({ index }) => begins.get(index)?.length ?? 0);
  return { begins: runs, lost, givenBack: sum(({ attempt, attempts }) => attempt - attempts) };
}

function faultsOfRecord(
  index: number,
  task: TaskDetailBody,
  begins: readonly Begin[],
  losses: boolean,
): string[] {
  const faults: string[] = [];
  const differs = (what: string, is: unknown, wanted: unknown) => {
    const [a, b] = [JSON.stringify(is), JSON.stringify(wanted)];
    if (a !== b) faults.push(`${what}: ${a}, not ${b}`);
  };
  const lost = new Set(task.attempt_list.flatMap(({ state, attempt }) => state === "lost" ? [attempt] : []));
  if (!losses) differs("lost attempts", [...lost], []);
  const kept = task.attempt_list.filter(({ attempt }) => !lost.has(attempt));
  const ends = endsOf(index, lost.has(begins[0]?.attempt ?? 0));
  differs("state", task.state, ends.at(-1));
  differs("exit code", task.exit_code, witness.fails(index) ? FAILURE : 0);
  // One that was lost before its begin was told is not counted as begun.
  const counted = Math.max(kept.length, Math.min(task.attempts, task.attempt_list.length));
  differs("attempts", task.attempts, counted);
  differs("ends of its attempts", kept.map(({ state }) => state), ends);
  const began = begins.map(({ attempt }) => attempt);
  // One that was lost may have begun without coming to its first line.
  const recorded = task.attempt_list.map(({ attempt }) => attempt);
  differs(
    "numbers of its attempts",
    recorded.filter((each) => !lost.has(each) || began.includes(each)),
    began,
  );
  return faults;
}

function endsOf(index: number, firstWasLost: boolean): string[] {
  if (witness.fails(index)) return ["failed", "failed"];
  return witness.failsOnce(index) && !firstWasLost ? ["failed", "complete"] : ["complete"];
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

/** All events of a job so far. */
export async function eventsOf(client: Client, jobId: string): Promise<EventBody[]> {
  // The events of another job, submitted now, come after them.
  const last = await client.submit({ command: { argv: ["true"] } });
  const leave = new AbortController();
  const events: EventBody[] = [];
  for await (const event of client.events({ since: 0, signal: leave.signal })) {
    if (event.job_id === last.id) break;
    if (event.job_id === jobId) events.push(event);
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
