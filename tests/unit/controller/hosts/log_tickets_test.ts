import assert from "node:assert/strict";
import { LogTickets } from "../../../../controller/hosts/log_tickets.ts";
import type { LogChunkMessage } from "../../../../proto/messages.ts";
import { bytesOf } from "../../../fakes/recording_work.ts";

const never = new AbortController().signal;

async function* chunks(ticket: string, ...texts: string[]): AsyncGenerator<LogChunkMessage> {
  yield { ticket, data: bytesOf(""), error: "" };
  for (const text of texts) yield { ticket: "", data: bytesOf(text), error: "" };
}

function asked(tickets: LogTickets, signal?: AbortSignal) {
  const { promise: ticket, resolve } = Promise.withResolvers<string>();
  const opened = tickets.open("h1", (given) => (resolve(given), true), signal);
  return { ticket, opened };
}

Deno.test("LogTickets joins a reader to the host's stream by its ticket, once", async () => {
  const tickets = new LogTickets();
  const { ticket, opened } = asked(tickets);
  const accepted = tickets.accept("h1", chunks(await ticket, "a", "b"), never);
  assert.equal(await new Response(await opened as ReadableStream<Uint8Array<ArrayBuffer>>).text(), "ab");
  await accepted;
  await assert.rejects(tickets.accept("h1", chunks(await ticket, "c"), never), { code: "NotFound" });
});

Deno.test("LogTickets gives a ticket to no other host", async () => {
  const tickets = new LogTickets();
  const { ticket, opened } = asked(tickets);
  await assert.rejects(tickets.accept("h2", chunks(await ticket, "forged"), never), { code: "NotFound" });
  const accepted = tickets.accept("h1", chunks(await ticket, "true"), never);
  assert.equal(await new Response(await opened as ReadableStream<Uint8Array<ArrayBuffer>>).text(), "true");
  await accepted;
});

Deno.test("LogTickets.open() throws when the host leaves, the reader gives up, or nothing comes in time", async () => {
  const tickets = new LogTickets(20);
  const left = asked(tickets).opened;
  tickets.hostLeft("h1");
  await assert.rejects(left, { code: "Unreachable" });
  const reader = new AbortController();
  const { opened } = asked(tickets, reader.signal);
  reader.abort();
  await assert.rejects(opened, { code: "Interrupted" });
  await assert.rejects(asked(tickets, AbortSignal.abort()).opened, { code: "Interrupted" });
  await assert.rejects(asked(tickets).opened, { code: "Unreachable" });
});

Deno.test("a log whose line is cut errors for its reader", async () => {
  const tickets = new LogTickets();
  const line = new AbortController();
  const { ticket, opened } = asked(tickets);
  const endless = async function* () {
    yield* chunks(await ticket, "a");
    await new Promise<void>((resolve) => line.signal.addEventListener("abort", () => resolve()));
    throw new Error("cut");
  };
  const accepted = tickets.accept("h1", endless(), line.signal);
  const reader = (await opened).getReader();
  await reader.read();
  line.abort();
  await assert.rejects(reader.read(), { code: "Unreachable" });
  await accepted;
});
