import { Command, CommanderError, Option } from "commander";
import { MusterError } from "../core/errors.ts";
import { nearest } from "../core/suggest.ts";
import { type CommandSpec, GROUPS, Invocation, type OptionSpec, type OptionValues } from "./command.ts";

/** What the words on the command line ask for. */
export type Parsed =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "command"; readonly spec: CommandSpec; readonly invocation: Invocation };

/** Flags that every command takes, before or after its name. */
const COMMON_OPTIONS: readonly OptionSpec[] = [
  { flags: "--output <FORMAT>", about: "table or json (default: table)" },
  { flags: "--controller <URL>", about: "which controller: a URL, a context's name, or unix:PATH" },
  { flags: "--quiet", about: "say only what was asked for" },
  { flags: "--yes", about: "ask nothing, take yes" },
];

/** What each noun's commands are about, for `muster --help` and `muster NOUN`. */
const NOUNS: Readonly<Record<string, string>> = {
  controller: "Start, stop and look at the controller",
  agent: "Start the agent on this machine",
  host: "The machines of the fleet",
  token: "Tokens that let others in",
  context: "The controllers this machine knows",
};

/**
 * Takes `argv` apart by the table of commands. Throws `InvalidInput` in our words, with the nearest command or
 * flag as the hint, for what the table does not know.
 */
export function parseCommandLine(argv: readonly string[], table: readonly CommandSpec[]): Parsed {
  const words = helpFirst(argv, table);
  const found: { parsed?: Parsed } = {};
  let help = "";
  const program = buildProgram(table, {
    help: (text) => help += text,
    found: (parsed) => found.parsed = parsed,
  });
  try {
    program.parse(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (!HELP_CODES.has(error.code)) throw wordsOf(error, words, table);
    return { kind: "help", text: help };
  }
  const { parsed } = found;
  if (parsed?.kind === "command" && !parsed.spec.passesRest) refuseEmptyWords(parsed.invocation);
  return parsed ?? { kind: "help", text: program.helpInformation() };
}

/** An empty word comes from a variable that was not set. */
function refuseEmptyWords({ command, words }: Invocation): void {
  if (!words.includes("")) return;
  throw usageError(
    `Cannot run "muster ${command}": an argument is empty`,
    `muster ${command} --help shows how it is used`,
  );
}

/** True if the words, ours up to `--`, ask for errors as JSON. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const ours = end === -1 ? argv : argv.slice(0, end);
  return ours.some((word, at) =>
    word === "--output=json" || (word === "--output" && ours[at + 1] === "json")
  );
}

/** Help is as wide everywhere: it is read in documents and tests too. */
const WIDTH = 100;

const HELP_CODES = new Set(["commander.helpDisplayed", "commander.help"]);

/** `help X Y` means `X Y --help`. */
function helpFirst(argv: readonly string[], table: readonly CommandSpec[]): readonly string[] {
  if (argv[0] !== "help") return argv;
  const words = argv.slice(1).filter((word) => !word.startsWith("-"));
  const asked = words.join(" ");
  const known = words.length === 0 ||
    table.some((spec) => spec.words === asked || spec.words.startsWith(`${asked} `));
  if (!known) throw unknownCommand(words, table);
  return [...words, "--help"];
}

interface Sinks {
  help(text: string): void;
  found(parsed: Parsed): void;
}

function buildProgram(table: readonly CommandSpec[], sinks: Sinks): Command {
  const program = settle(new Command("muster"), sinks)
    .description("Turns machines into a fleet with one queue")
    .usage("COMMAND [options]")
    .enablePositionalOptions()
    .addHelpText("after", "\nmuster COMMAND --help tells more; muster --version prints the version.");
  COMMON_OPTIONS.forEach((option) => program.addOption(commanderOption(option).hideHelp()));
  const nouns = new Map<string, Command>();
  for (const group of GROUPS) {
    for (const spec of table.filter((each) => each.group === group)) {
      addCommand(parentOf(spec, program, nouns, sinks), spec, sinks);
    }
  }
  return program;
}

function parentOf(spec: CommandSpec, program: Command, nouns: Map<string, Command>, sinks: Sinks): Command {
  const [noun, verb] = spec.words.split(" ");
  if (noun === undefined || verb === undefined) return program;
  const known = nouns.get(noun);
  if (known !== undefined) return known;
  const made = settle(program.command(noun), sinks)
    .description(NOUNS[noun] ?? "")
    .helpGroup(`${spec.group}:`)
    .usage("VERB [options]");
  made.action(() => made.help());
  COMMON_OPTIONS.forEach((option) => made.addOption(commanderOption(option).hideHelp()));
  nouns.set(noun, made);
  return made;
}

function addCommand(parent: Command, spec: CommandSpec, sinks: Sinks): void {
  const name = spec.words.split(" ").at(-1) ?? spec.words;
  const command = settle(parent.command(name), sinks)
    .description(spec.about)
    .usage(`${spec.takes === undefined ? "" : `${usageOf(spec)} `}[options]`)
    .helpGroup(parent.name() === "muster" ? `${spec.group}:` : "Commands:")
    .addHelpText("after", afterHelp(spec));
  if (spec.passesRest) command.usage(`[options] ${usageOf(spec)}`).passThroughOptions();
  for (const word of spec.takes?.split(" ") ?? []) command.argument(word);
  for (const option of optionsOf(spec)) command.addOption(commanderOption(option));
  COMMON_OPTIONS.forEach((option) =>
    command.addOption(commanderOption(option).helpGroup("Options of every command:"))
  );
  command.action(() => {
    const values = command.optsWithGlobals<OptionValues>();
    sinks.found({
      kind: "command",
      spec,
      invocation: new Invocation(spec.words, [...command.args], values),
    });
  });
}

function settle(command: Command, sinks: Sinks): Command {
  return command
    .exitOverride()
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .helpOption("-h, --help", "show this help")
    .configureOutput({
      writeOut: sinks.help,
      writeErr: sinks.help,
      getErrHelpWidth: () => WIDTH,
      getOutHelpWidth: () => WIDTH,
    })
    .configureHelp({ subcommandTerm: (each) => each.name(), styleTitle: (title) => title });
}

function optionsOf(spec: CommandSpec): readonly OptionSpec[] {
  const dryRun = spec.dryRun === undefined ? [] : [{ flags: "--dry-run", about: spec.dryRun }];
  return [...spec.options ?? [], ...dryRun];
}

function commanderOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.about).hideHelp(spec.isHidden ?? false);
  return spec.repeats ? option.argParser(appended) : option;
}

/** Of `--env A=1 --env B=2`, both. */
function appended(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...before ?? [], value];
}

function usageOf(spec: CommandSpec): string {
  return (spec.takes ?? "").replaceAll(/<([^>]+)>/g, "$1");
}

function afterHelp(spec: CommandSpec): string {
  const job = spec.takes?.includes("<JOB") || spec.takes?.includes("[JOB")
    ? "JOB is an id, a name (its newest job), a unique prefix, or last."
    : "";
  const details = [spec.details ?? "", job].filter((part) => part !== "").map((part) => `\n${part}`).join("");
  return `${details === "" ? "" : `${details}\n`}\nExample:\n  ${spec.example}`;
}

/** Our words for what the parser refused. */
function wordsOf(
  error: CommanderError,
  words: readonly string[],
  table: readonly CommandSpec[],
): MusterError {
  const spec = specOf(words, table);
  const name = spec === undefined ? "muster" : `muster ${spec.words}`;
  const quoted = error.message.match(/'([^']*)'/)?.[1] ?? "";
  const help = `${name} --help shows how it is used`;
  switch (error.code) {
    case "commander.unknownCommand":
      return unknownCommand(commandWords(words), table);
    case "commander.excessArguments":
      return spec === undefined ? unknownCommand(commandWords(words), table) : tooMany(spec, help);
    case "commander.unknownOption":
      return usageError(`Cannot run "${name}": it has no flag "${quoted}"`, flagHint(quoted, spec) ?? help);
    case "commander.missingArgument":
      return usageError(`Cannot run "${name}": ${quoted.toUpperCase()} is missing`, help);
    case "commander.optionMissingArgument":
      return usageError(`Cannot run "${name}": ${longFlag(quoted)} needs a value`, help);
    default:
      return usageError(`Cannot run "${name}": ${error.message.replace(/^error: /, "")}`, help);
  }
}

/** Of `-n, --name <NAME>`, `--name`. */
function longFlag(flags: string): string {
  return flags.match(/--[a-z-]+/)?.[0] ?? flags;
}

function tooMany(spec: CommandSpec, help: string): MusterError {
  const takes = spec.takes === undefined ? "takes no arguments" : `takes only ${usageOf(spec)}`;
  return usageError(`Cannot run "muster ${spec.words}": it ${takes}`, help);
}

function unknownCommand(words: readonly string[], table: readonly CommandSpec[]): MusterError {
  const [first = "", second = ""] = words;
  const verbs = table.map((spec) => spec.words.split(" ")).filter((spec) =>
    spec[0] === first && spec.length === 2
  );
  const isNoun = verbs.length > 0;
  const close = isNoun
    ? nearest(second, verbs.map((spec) => spec[1] ?? ""))
    : nearest(first, table.map((spec) => spec.words.split(" ")[0] ?? ""));
  const help = isNoun ? `muster ${first} --help lists its commands` : "muster --help lists the commands";
  const hint = close === undefined ? help : `Did you mean muster ${isNoun ? `${first} ` : ""}${close}?`;
  const typed = isNoun ? `${first} ${second}` : first;
  return usageError(`Cannot run "muster ${typed}": there is no such command`, hint);
}

function flagHint(flag: string, spec: CommandSpec | undefined): string | undefined {
  const known = [...spec === undefined ? [] : optionsOf(spec), ...COMMON_OPTIONS]
    .flatMap((option) => option.flags.match(/--[a-z-]+/g) ?? []);
  const close = nearest(flag, known);
  return close === undefined ? undefined : `Did you mean ${close}?`;
}

/** The command that the words name, as far as they name one. */
function specOf(words: readonly string[], table: readonly CommandSpec[]): CommandSpec | undefined {
  const [first, second] = commandWords(words);
  return table.find((spec) => spec.words === `${first} ${second}`) ??
    table.find((spec) => spec.words === first);
}

/** The words without the flags before and between them. */
function commandWords(words: readonly string[]): readonly string[] {
  return words.filter((word, at) => !word.startsWith("-") && !COMMON_VALUES.has(words[at - 1] ?? ""));
}

const COMMON_VALUES = new Set(["--output", "--controller"]);

function usageError(message: string, hint: string): MusterError {
  return new MusterError("InvalidInput", message, { hint });
}
