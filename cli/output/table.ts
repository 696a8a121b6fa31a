import { oneLine } from "./plain.ts";

/** A cell: text from outside, which is cleaned, or text we coloured ourselves. */
export type Cell = string | number | { readonly ours: string };

export interface TableOptions {
  /** Columns whose figures line up on the right, by their heading. */
  readonly right?: readonly string[];
}

/**
 * Rows under headings, without borders, ending in a newline. Control characters in cells are removed, so that
 * no host or task can write to the terminal.
 */
export async function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): Promise<string> {
  const { default: Table } = await import("cli-table3");
  const right = new Set(options.right);
  const made = new Table({
    head: [...headings],
    colAligns: headings.map((heading) => right.has(heading) ? "right" : "left"),
    chars: NO_BORDERS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) made.push(row.map(cellText));
  return made.toString().split("\n").map((line) => line.trimEnd()).join("\n") + "\n";
}

/** Names on the left, values beside them, ending in a newline; pairs whose value is null are left out. */
export function fields(pairs: readonly (readonly [string, Cell | null])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, Cell] => pair[1] !== null);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${cellText(value)}\n`).join("");
}

const NO_BORDERS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
};

function cellText(cell: Cell): string {
  if (typeof cell === "number") return cell.toLocaleString("en-US");
  return typeof cell === "string" ? oneLine(cell) : cell.ours;
}
