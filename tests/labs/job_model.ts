import type { TaskBody } from "../../core/api/jobs.ts";

/** What a task does when it is left alone. */
export type Nature = "ok" | "bad" | "long";

type Final = "complete" | "failed" | "killed";

/** Where each nature leads. */
const NATURAL = { ok: "complete", bad: "failed", long: "running" } as const satisfies Record<Nature, string>;

interface ModelTask {
  readonly nature: Nature;
  /** A kill was asked for since the submission or the last reset. */
  isKilled: boolean;
}

/** What may become of one job's tasks, whatever else happens to controller and agent. */
export class JobModel {
  readonly id: string;
  /** How often tasks of it were reset. */
  resets = 0;
  readonly #tasks: ModelTask[];

  constructor(id: string, natures: readonly Nature[]) {
    this.id = id;
    this.#tasks = natures.map((nature) => ({ nature, isKilled: false }));
  }

  get total(): number {
    return this.#tasks.length;
  }

  /** Some task of it runs until it is killed. */
  get goesOn(): boolean {
    return this.#tasks.some(({ nature, isKilled }) => nature === "long" && !isKilled);
  }

  kill(indexes?: readonly number[]): void {
    for (const index of indexes ?? this.#tasks.keys().map((at) => at + 1)) {
      this.#tasks[index - 1]!.isKilled = true;
    }
  }

  /** `before`: the tasks as they were, none of them still being killed. Answers how many are reset at least. */
  reset(which: "failed" | "all", before: readonly TaskBody[]): number {
    this.resets++;
    const states = which === "all" ? ["complete", "failed", "killed"] : ["failed", "killed"];
    const reset = before.filter(({ state }) => states.includes(state));
    for (const { index } of reset) this.#tasks[index - 1]!.isKilled = false;
    return reset.length;
  }

  /** Whether every task is where it must come to rest; words where one is somewhere it can never be. */
  atRest(tasks: readonly TaskBody[]): boolean | string {
    const wrong = tasks.filter((task) => isFinal(task.state) && !this.#mayBe(task));
    if (wrong.length > 0) return wrong.map(({ index, state }) => `task ${index} is ${state}`).join(", ");
    return tasks.length === this.total && tasks.every((task) => this.#mayBe(task));
  }

  /** None of its tasks is still being killed. */
  killsAreOver(tasks: readonly TaskBody[]): boolean {
    return tasks.every(({ index, state }) => !this.#tasks[index - 1]!.isKilled || isFinal(state));
  }

  #mayBe({ index, state }: TaskBody): boolean {
    const { nature, isKilled } = this.#tasks[index - 1]!;
    return isKilled
      ? state === "killed" || (nature !== "long" && state === NATURAL[nature])
      : state === NATURAL[nature];
  }
}

function isFinal(state: TaskBody["state"]): state is Final {
  return state === "complete" || state === "failed" || state === "killed";
}
