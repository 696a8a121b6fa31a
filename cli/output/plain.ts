import { stripControls } from "../../core/text.ts";

/** Text from a host or task on one line, with nothing in it that a terminal would obey. */
export function oneLine(text: string): string {
  return stripControls(text).replaceAll(/[\n\t]+/g, " ");
}

/** `text` in at most `width` characters, the end marked where it was cut. */
export function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
