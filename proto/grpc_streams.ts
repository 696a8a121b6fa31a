/** The part of a writable call that flow control needs. */
interface WritableCall<T> {
  write(message: T): boolean;
  readonly writableNeedDrain?: boolean;
  readonly destroyed?: boolean;
  once(event: string, listener: () => void): unknown;
  removeListener(event: string, listener: () => void): unknown;
}

const ENDS = ["drain", "close", "error", "cancelled", "status", "finish"] as const;

/** Resolves when the call takes more, or is over. */
export function drained(call: Omit<WritableCall<never>, "write">): Promise<void> {
  if (call.writableNeedDrain !== true || call.destroyed === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ENDS) call.removeListener(event, done);
      resolve();
    };
    for (const event of ENDS) call.once(event, done);
  });
}

/** Writes all messages at the pace of the other side; stops at the abort. Throws what `messages` throws. */
export async function writeAll<T>(
  call: WritableCall<T>,
  messages: AsyncIterable<Partial<T>>,
  signal: AbortSignal,
): Promise<void> {
  for await (const message of messages) {
    if (signal.aborted) return;
    if (!call.write(message as T)) await drained(call);
  }
}
