import type { Fault } from "../imports/check.ts";
import { folderOf } from "../imports/graph.ts";
import { FOLDERS } from "../imports/rules.ts";
import { globalFaults } from "./globals.ts";

/** Lines over which a file holds more than one idea. Tests are lists of cases and may be longer. */
const MAX_LINES = 400;

/** Top-level folders without TypeScript of the program. */
const OTHER_FOLDERS: ReadonlySet<string> = new Set(["docs", "examples", ".ci", ".github"]);

/** Folder names that say nothing about what is inside. */
const DRAWERS: ReadonlySet<string> = new Set([
  "src",
  "lib",
  "common",
  "utils",
  "util",
  "helpers",
  "misc",
  "shared",
]);

/** Every broken house rule of a tree that is not about imports. `files` maps paths to texts. */
export function houseFaults(files: ReadonlyMap<string, string>): readonly Fault[] {
  return [...files].flatMap(([path, text]) => [
    ...folderFaults(path),
    ...lengthFaults(path, text),
    ...placeFaults(path, text),
    ...globalFaults(path, text),
  ]);
}

function folderFaults(path: string): readonly Fault[] {
  const folders = path.split("/").slice(0, -1);
  const top = folders[0];
  if (top === undefined) return [];
  if (!Object.hasOwn(FOLDERS, top) && !OTHER_FOLDERS.has(top)) {
    return [fault(path, 1, `is in "${top}", which is no folder of the house: see tools/imports/rules.ts`)];
  }
  const drawer = folders.find((name) => DRAWERS.has(name));
  return drawer === undefined ? [] : [fault(path, 1, `is in "${drawer}": name the folder for what it holds`)];
}

function lengthFaults(path: string, text: string): readonly Fault[] {
  const lines = text.split("\n").length - 1;
  if (!/\.tsx?$/.test(path) || folderOf(path) === "tests" || lines <= MAX_LINES) return [];
  return [fault(path, MAX_LINES + 1, `has ${lines} lines, at most ${MAX_LINES} wanted: split it by idea`)];
}

/** Paths of one person's machine, and addresses that a lock file took from one network. */
function placeFaults(path: string, text: string): readonly Fault[] {
  if (folderOf(path) === "tests") return [];
  const pattern = path.endsWith("deno.lock") || path.endsWith(".npmrc") ? ADDRESS : OWN_PATH;
  return text.split("\n").flatMap((line, at) => {
    const found = line.match(pattern)?.[0];
    return found === undefined
      ? []
      : [fault(path, at + 1, `names "${found.trim()}", which only one machine has`)];
  });
}

const ADDRESS = /https?:\/\/[^"\s/]+/;
const OWN_PATH = /(?<![\w.$}*/-])\/(?:work|workspace|workspaces|Users)\/[\w.-]+/;

function fault(file: string, line: number, text: string): Fault {
  return { file, line, text };
}
