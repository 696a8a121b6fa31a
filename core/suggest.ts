import { closest, distance } from "fastest-levenshtein";

/** The known word that `word` was probably meant to be; undefined if none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const swapped = known.find((each) => isSwapped(word.toLowerCase(), each.toLowerCase()));
  if (swapped !== undefined) return swapped;
  const best = closest(word.toLowerCase(), known.map((each) => each.toLowerCase()));
  // A third of the letters may differ; two of any but a short word, for two letters swapped count as two.
  const allowed = Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3));
  if (distance(word.toLowerCase(), best) > allowed) return undefined;
  return known.find((each) => each.toLowerCase() === best);
}

/** True for the same letters in another order: "sbu" for "sub". */
function isSwapped(word: string, other: string): boolean {
  return word.length > 1 && [...word].sort().join("") === [...other].sort().join("");
}
