import { MusterError } from "../core/errors.ts";

const LARGEST_PORT = 65_535;

/** `HOST:PORT` or `[IPV6]:PORT` as it was written; `flag` names it in the error. Throws `InvalidInput`. */
export function parseListenAddress(text: string, flag: string): string {
  const found = /^(\[[0-9a-fA-F:.]+\]|[^\s:[\]/]+):(\d{1,5})$/.exec(text);
  if (found !== null && Number(found[2]) <= LARGEST_PORT) return text;
  throw new MusterError(
    "InvalidInput",
    `Cannot use ${flag} "${text}": it takes HOST:PORT, like 127.0.0.1:7770`,
  );
}
