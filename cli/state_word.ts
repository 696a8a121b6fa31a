import { MusterError } from "../core/errors.ts";
import { nearest } from "../core/suggest.ts";

/** `word` if it is one of `states`; undefined stays so. Throws `InvalidInput` that lists them. */
export function stateWord(word: string | undefined, states: readonly string[]): string | undefined {
  if (word === undefined || states.includes(word)) return word;
  const close = nearest(word, states);
  throw new MusterError("InvalidInput", `Cannot use --state "${word}": states are ${states.join(", ")}`, {
    ...close === undefined ? {} : { hint: `Did you mean ${close}?` },
  });
}
