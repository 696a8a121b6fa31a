import { MusterError } from "./errors.ts";
import type { Command, JobSpec } from "./job.ts";
import { checkEnvName, isPlainWord, shellQuoteAlways, shellWords } from "./shell.ts";
import { type ShellContext, shellContexts } from "./shell_context.ts";
import {
  checkTemplates,
  INDEX,
  parseTemplate,
  partValue,
  renderTemplate,
  type Template,
  type TemplateValues,
} from "./template.ts";
import { showControls } from "./text.ts";

/** The templates of a job, parsed once for all its tasks. */
export interface CompiledJob {
  readonly columns: readonly string[];
  readonly command: CompiledCommand;
  readonly env: readonly (readonly [name: string, value: Template])[];
  readonly results: readonly Template[] | null;
}

type CompiledCommand =
  | { readonly kind: "argv"; readonly words: readonly Template[] }
  | { readonly kind: "shell"; readonly text: Template; readonly contexts: readonly ShellContext[] };

/** What one task runs, everything filled in. */
export interface RenderedTask {
  readonly command: Command;
  readonly env: Record<string, string>;
  /** Globs of its output files; null: every file the command made or changed. */
  readonly results: string[] | null;
}

/** Parses and checks the job's templates. Throws `InvalidInput`; callers keep the answer for the job's tasks. */
export function compileJob(
  spec: Pick<JobSpec, "command" | "columns" | "env" | "results">,
): CompiledJob {
  const env = Object.entries(spec.env).map(([name, value]) =>
    [checkEnvName(name), parseTemplate(value)] as const
  );
  for (const [name, value] of env) checkTemplates([value], spec.columns, `env ${name}`);
  const results = spec.results?.map(parseTemplate) ?? null;
  checkTemplates(results ?? [], spec.columns, "results");
  return {
    columns: spec.columns,
    command: compileCommand(spec.command, spec.columns),
    env,
    results,
  };
}

/**
 * The task's command, environment and result globs. `row` holds its values in the order of the columns, null if the
 * job has none. Values are quoted inside the shell form and inserted as they are everywhere else.
 */
export function renderTask(
  compiled: CompiledJob,
  index: number,
  row: readonly string[] | null,
): RenderedTask {
  const columns = new Map(compiled.columns.map((name, at) => [name, row?.[at] ?? ""]));
  const values: TemplateValues = { index, columns };
  return {
    command: renderCommand(compiled.command, values),
    env: Object.fromEntries(compiled.env.map(([name, value]) => [name, renderTemplate(value, values)])),
    results: compiled.results?.map((glob) => renderTemplate(glob, values)) ?? null,
  };
}

/** White space, and what a shell would act on; braces are the templates'. */
const SHELL_CHARACTERS = /[\s|&;<>()$`\\"'*?[\]#]|^~/;

/**
 * The command of the words a person typed: one word that holds white space or shell characters and names no file is
 * for the shell; several words, or a plain one, are an argument vector. Throws `InvalidInput` for nothing to run.
 */
export function commandFromWords(
  words: readonly string[],
  fileExists: (path: string) => boolean,
): Command {
  const [first] = words;
  if (first === undefined || first.trim() === "") {
    throw new MusterError("InvalidInput", "Cannot submit: no command was given", {
      hint: "Put the command last: muster sub --seq 10 -- echo {index}",
    });
  }
  if (words.length > 1 || !SHELL_CHARACTERS.test(first) || fileExists(first)) return { argv: words };
  return { shell: first };
}

/**
 * The words of an argument vector that may name files relative to where the person is: every word after the first
 * that is no option, what stands after `=`, and the first if it holds a slash. The caller looks which exist.
 */
export function relativeFileArguments(words: readonly string[]): string[] {
  const [program, ...rest] = words;
  const first = program?.includes("/") ? [program] : [];
  const candidates = rest.flatMap((word) => {
    const value = /^[^=/]+=(.+)$/.exec(word)?.[1];
    return word.startsWith("-") ? [value] : [word, value];
  });
  return [...new Set([...first, ...candidates].filter((word) => word !== undefined))].filter(isRelativePath);
}

/** The command as a person reads it: one line, words quoted where needed, control characters shown. */
export function displayCommand(command: Command): string {
  const text = "shell" in command ? command.shell : shellWords(command.argv);
  return showControls(text.trim()).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

function isRelativePath(word: string): boolean {
  return !["", ".", "..", "./", "../"].includes(word) && !word.startsWith("/") && !word.includes("://");
}

function compileCommand(command: Command, columns: readonly string[]): CompiledCommand {
  if ("argv" in command) {
    const words = command.argv.map(parseTemplate);
    checkTemplates(words, columns, "the command");
    return { kind: "argv", words };
  }
  const text = parseTemplate(command.shell);
  checkTemplates([text], columns, "the command");
  const contexts = shellContexts(text.parts);
  checkContexts(text, contexts);
  return { kind: "shell", text, contexts };
}

function checkContexts(text: Template, contexts: readonly ShellContext[]): void {
  const names = text.parts.filter((part) => part.kind === "name");
  names.forEach(({ name }, at) => {
    const context = contexts[at];
    if (context?.kind === "dollar") {
      const hint = `Write {${name}} for the value, or \${{${name}}} for a variable of the shell`;
      throw unquotable(name, "behind a $", hint);
    }
    if (context?.kind !== "unsafe" || name === INDEX) return;
    const hint = `Pass it as a variable: --env VALUE={${name}}, and write "$VALUE" in the command`;
    throw unquotable(name, context.why, hint);
  });
}

function unquotable(name: string, where: string, hint: string): MusterError {
  return new MusterError("InvalidInput", `Cannot quote {${name}} for the shell: it stands ${where}`, {
    hint,
  });
}

function renderCommand(command: CompiledCommand, values: TemplateValues): Command {
  if (command.kind === "argv") return { argv: command.words.map((word) => renderTemplate(word, values)) };
  const { text: { parts }, contexts } = command;
  let text = "";
  let names = 0;
  parts.forEach((part, at) => {
    if (part.kind === "text") return text += part.text;
    const next = parts[at + 1];
    const isRedirected = next?.kind === "text" && /^[<>]/.test(next.text);
    text += quoteIn(contexts[names++], partValue(part, values), isRedirected);
  });
  return { shell: text };
}

/** The value as one piece of a word in its context. Inside quotes they are closed, and opened again after it. */
function quoteIn(context: ShellContext | undefined, value: string, isRedirected: boolean): string {
  if (context?.kind === "bare") {
    // `echo 2>f` would redirect errors.
    return isPlainWord(value) && !isRedirected ? value : shellQuoteAlways(value);
  }
  if (isPlainWord(value) || value === "") return value;
  const quote = context?.kind === "double" ? '"' : "'";
  return `${quote}${shellQuoteAlways(value)}${quote}`;
}
