/**
 * Writes docs/states.md from the table of core/task_state.ts. `--check` writes nothing and ends with 1 if the page
 * is not what the table says.
 */
import { MAX_LOSSES, NEXT } from "../core/task_state.ts";
import { TASK_STATES, type TaskState } from "../core/task.ts";

const PAGE = new URL("../docs/states.md", import.meta.url);

/** What a state means, and what leads from it to each of the next. The compiler asks for every step of the table. */
type Meanings = {
  readonly [S in TaskState]: {
    readonly means: string;
    readonly to: Readonly<Record<(typeof NEXT)[S][number], string>>;
  };
};

const MEANINGS: Meanings = {
  pending: {
    means: "It waits for a host.",
    to: { claimed: "The controller gives a new attempt to a host.", killed: "Somebody kills it." },
  },
  claimed: {
    means: "An attempt is on its way to a host, or waits there for its turn.",
    to: {
      running: "Its process exists.",
      complete: "It ended with exit code 0 before its begin was reported; short tasks do.",
      failed: "It ended otherwise before its begin was reported, and may not be tried again.",
      killed: "Somebody killed it.",
      pending: "The host was lost, refused it or forgot it; or it failed and is tried again.",
    },
  },
  running: {
    means: "The command runs, or has ended and its files are not yet all stored.",
    to: {
      complete: "The command ended with exit code 0 and its files are stored.",
      failed: "The command failed more often than `--retries` allows, " +
        `or the task was lost ${MAX_LOSSES} times.`,
      killed: "Somebody killed it.",
      pending: "The host was lost; or the command failed and is tried again.",
    },
  },
  complete: { means: "Final: exit code 0, files stored.", to: { pending: "A reset or rerun." } },
  failed: { means: "Final: `reason` or `exit_code` says why.", to: { pending: "A reset or rerun." } },
  killed: { means: "Final: ended because somebody asked.", to: { pending: "A reset or rerun." } },
};

/** The whole page. */
export function renderStatesDoc(): string {
  return [
    "# States of a task\n",
    "<!-- Written by tools/write_states_doc.ts from core/task_state.ts. Do not edit. -->\n",
    table(["State", "Means"], TASK_STATES.map((state) => [`\`${state}\``, MEANINGS[state].means])),
    "## Steps\n",
    "No task takes a step that is not in this table.\n",
    table(["From", "To", "When"], TASK_STATES.flatMap(stepsFrom)),
    AFTER,
  ].join("\n");
}

const AFTER = `## What is counted

Attempts are numbered from 1, and a number is never used again, not even after a reset. The command's own
failures (an exit code other than 0, its time limit, its memory limit) count against \`--retries\`. Losses to
infrastructure (a host gone, an exit status lost, output cut off by a full disk) are counted apart, and ${MAX_LOSSES} of
them fail the task. An attempt that never began counts as neither. A reset sets both counts to 0.

A command that ends with exit code 0 is complete, even if a kill was asked for meanwhile.

## A task may run twice

Each task gets exactly one recorded end, but its command may run more than once: when a host stays out of
sight for longer than \`requeue_after\`, the controller gives its tasks to other hosts, while the host may still
be running them. What it reports later of an attempt that was given up changes nothing.

A command that must not run twice at once can take a lock of its own. \`MUSTER_ATTEMPT\` in its environment is
the number of its attempt: the higher number is the newer attempt, and the one whose end will count.
`;

function stepsFrom(from: TaskState): string[][] {
  const to: Readonly<Partial<Record<TaskState, string>>> = MEANINGS[from].to;
  return NEXT[from].map((next) => [`\`${from}\``, `\`${next}\``, to[next] ?? ""]);
}

/** Columns are padded as the formatter pads them. */
function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |\n`;
  return [line(header), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("");
}

async function main(): Promise<number> {
  const page = renderStatesDoc();
  if (!Deno.args.includes("--check")) {
    await Deno.writeTextFile(PAGE, page);
    return 0;
  }
  if (await Deno.readTextFile(PAGE).catch(() => "") === page) return 0;
  await Deno.stderr.write(new TextEncoder().encode(
    "docs/states.md is not what core/task_state.ts says: run deno run -A tools/write_states_doc.ts\n",
  ));
  return 1;
}

if (import.meta.main) Deno.exit(await main());
