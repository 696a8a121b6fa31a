import { type CountOptions, parseCount } from "../core/quantity.ts";
import { MusterError } from "../core/errors.ts";
import { nearest } from "../core/suggest.ts";
import type { Context } from "./context.ts";

/** The headings of `muster --help`, in their order. */
export const GROUPS = ["Run work", "See work", "Change work", "Fleet", "Controller", "Access"] as const;

export interface OptionSpec {
  /** `-n, --name <NAME>`; `--here` for a flag; `--no-wait` for one that says no. */
  readonly flags: string;
  readonly about: string;
  /** May be given more than once; its values come as a list. */
  readonly repeats?: true;
  /** Ours alone: not in the help. */
  readonly isHidden?: true;
}

/** One command as data. Its code is loaded only when it runs. */
export interface CommandSpec {
  /** `sub`, `controller start`. */
  readonly words: string;
  /** `<JOB> [INDEX]`; `...` after a name takes the rest. */
  readonly takes?: string;
  readonly about: string;
  readonly group: (typeof GROUPS)[number];
  readonly options?: readonly OptionSpec[];
  /** Lines of help after the options. */
  readonly details?: string;
  readonly example: string;
  /** Everything from the first argument on belongs to the argument, flags too. */
  readonly passesRest?: true;
  /** Offers `--dry-run`. */
  readonly dryRun?: string;
  readonly load: () => Promise<CommandModule>;
}

export interface CommandModule {
  /** Resolves with the exit code; rejects with a `MusterError`. */
  run(invocation: Invocation, context: Context): Promise<number>;
}

/** Option values by their camel-case name; `wait` is false after `--no-wait`. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** The words a person typed, taken apart. */
export class Invocation {
  constructor(
    readonly command: string,
    readonly words: readonly string[],
    readonly values: OptionValues,
  ) {}

  /** The argument at `position`, from 0, which the command's `takes` makes sure is there. */
  word(position: number): string {
    const word = this.words[position];
    if (word === undefined) throw new RangeError(`"${this.command}" has no argument ${position}`);
    return word;
  }

  text(option: string): string | undefined {
    const value = this.values[option];
    return typeof value === "string" ? value : undefined;
  }

  flag(option: string): boolean | undefined {
    const value = this.values[option];
    return typeof value === "boolean" ? value : undefined;
  }

  list(option: string): readonly string[] {
    const value = this.values[option];
    return Array.isArray(value) ? value : [];
  }

  /** One of `known`. Throws `InvalidInput` for another word. */
  choice<T extends string>(option: string, known: readonly T[]): T | undefined {
    const text = this.text(option);
    const chosen = known.find((each) => each === text);
    if (text === undefined || chosen !== undefined) return chosen;
    const near = nearest(text, known);
    throw new MusterError(
      "InvalidInput",
      `Cannot use --${option} "${text}": it takes ${known.join(", ")}`,
      near === undefined ? {} : { hint: `Did you mean ${near}?` },
    );
  }

  /** The option's whole number within its bounds. Throws `InvalidInput` for anything else. */
  count(option: string, bounds: CountOptions): number | undefined {
    const text = this.text(option);
    return text === undefined ? undefined : parseCount(text, bounds);
  }
}
