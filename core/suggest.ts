import { closest, distance } from "fastest-levenshtein";

/** The known word that `word` was probably meant to be; undefined if none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const best = closest(word.toLowerCase(), known.map((each) => each.toLowerCase()));
  // A third of the letters may differ; of short words one.
  if (distance(word.toLowerCase(), best) > Math.max(1, Math.floor(word.length / 3))) return undefined;
  return known.find((each) => each.toLowerCase() === best);
}
