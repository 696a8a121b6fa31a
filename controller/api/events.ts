import { MusterError } from "../../core/errors.ts";
import { eventSchema } from "../../core/api/fleet.ts";
import { eventsQuerySchema } from "../../core/api/queries.ts";
import { eventBody } from "./bodies.ts";
import type { ApiContext } from "./context.ts";
import { eventStream, type ServerEvent } from "./event_stream.ts";
import type { ApiParts } from "./parts.ts";
import { type Api, type Gate, serve } from "./route.ts";
import { createWake } from "./wake.ts";

/** Events read from the store at once. */
const PAGE = 500;

/** `events`. */
export function serveEvents(app: Api, gate: Gate, parts: ApiParts): void {
  serve(app, gate, {
    method: "get",
    path: "/api/v1/events",
    tag: "events",
    summary: "Recorded events as they come; goes on after `Last-Event-ID`, else after `since`",
    role: "read",
    query: eventsQuerySchema,
    answers: [{
      status: 200,
      description: "Server-sent events",
      contentType: "text/event-stream",
      schema: eventSchema,
    }],
  }, (c, { query }) => {
    const since = lastEventId(c) ?? query.since ?? parts.events.newest();
    checkKept(since, parts.events.oldest());
    const jobId = query.job === undefined ? null : parts.jobs.find(query.job).id;
    return eventStream(c, (signal) => eventsSince(parts, since, jobId, signal));
  });
}

/** A browser's EventSource repeats its URL, so its header says more than `since`. */
function lastEventId(c: ApiContext): number | null {
  const word = c.req.header("last-event-id");
  if (word === undefined || word === "") return null;
  if (/^\d{1,15}$/.test(word)) return Number(word);
  throw new MusterError("InvalidInput", `Cannot go on after Last-Event-ID "${word}": it is not a number`);
}

function checkKept(since: number, oldest: number): void {
  if (since >= oldest - 1) return;
  throw new MusterError("Gone", `Cannot send events after ${since}: the oldest kept is ${oldest}`, {
    hint: `Ask for ?since=${oldest - 1}, and read what you follow anew`,
  });
}

async function* eventsSince(
  { events, hosts }: Pick<ApiParts, "events" | "hosts">,
  since: number,
  jobId: string | null,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  const wake = createWake();
  const stop = events.onEvents(() => wake.ring());
  try {
    for (let cursor = since; !signal.aborted;) {
      const page = events.after(cursor, { limit: PAGE, jobId });
      for (const event of page) {
        cursor = event.seq;
        yield { id: event.seq, data: eventBody(event, hosts.nameOf) };
      }
      if (page.length === 0) await wake.wait(signal);
    }
  } finally {
    stop();
  }
}
