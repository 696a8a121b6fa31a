/** One server-sent event as it arrived; `data` is the joined text. */
export interface ReceivedEvent {
  readonly event: string;
  readonly id: string | null;
  readonly data: string;
}

/** The events of a stream; comments are left out. An event that the stream cut off is none. */
export async function* serverEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ReceivedEvent> {
  let rest = "";
  for await (
    const text of body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
  ) {
    rest += text;
    const blocks = rest.split("\n\n");
    rest = blocks.pop()!;
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event !== null) yield event;
    }
  }
}

function parseEvent(block: string): ReceivedEvent | null {
  let [event, id]: [string, string | null] = ["message", null];
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const at = line.indexOf(":");
    const field = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id") id = value;
  }
  return data.length === 0 ? null : { event, id, data: data.join("\n") };
}
