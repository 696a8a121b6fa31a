import type { CommandSpec } from "../command.ts";

export const SUB_COMMAND: CommandSpec = {
  words: "sub",
  takes: "<COMMAND...>",
  about: "Submit a job and wait for it",
  group: "Run work",
  passesRest: true,
  options: [
    { flags: "-n, --name <NAME>", about: "name of the job (default: from the command)" },
    { flags: "--seq <N>", about: "that many tasks, {index} from 1" },
    { flags: "--params <FILE>", about: "a task a row of FILE.csv, .tsv or .jsonl, {column} filled in" },
    { flags: "--retries <K>", about: "run a task that fails up to K more times (default: 0)" },
    { flags: "--timeout <TIME>", about: "end a task that runs longer: 90s, 5m, 2h" },
    { flags: "--cpus <C>", about: "CPUs a task needs (default: 1)" },
    { flags: "--memory <SIZE>", about: "memory a task may use: 512M, 4G" },
    { flags: "--gpus <G>", about: "GPUs a task needs (default: 0)" },
    {
      flags: "--env <K=V>",
      about: "set a variable; may be repeated. Not for secrets: it is stored and shown",
      repeats: true,
    },
    { flags: "--here", about: "run in this directory instead of a fresh one a task" },
    { flags: "--cd <DIR>", about: "run in DIR of the host" },
    { flags: "--on <HOST>", about: "run only there; may be repeated", repeats: true },
    {
      flags: "--after <JOB>",
      about: "wait until JOB is complete; JOB:any, until it has ended; may be repeated",
      repeats: true,
    },
    {
      flags: "--results <GLOB>",
      about: "files to keep (default: all new or changed); may be repeated",
      repeats: true,
    },
    { flags: "--label <K=V>", about: "a label of the job; may be repeated", repeats: true },
    { flags: "--wait", about: "wait until the job has ended (the default)" },
    { flags: "--no-wait", about: "submit and return" },
  ],
  dryRun: "show the tasks and where they could run; submit nothing",
  details: [
    "Several words are an argument vector, run without a shell. One quoted string is for /bin/sh -c.",
    "{index} ({index:05}) and {column} are filled in; {{ and }} are braces.",
    "Ctrl-C leaves the job running.",
  ].join("\n"),
  example: "muster sub -n words --params files.csv -- wc -w {file}",
  load: () => import("../commands/sub.ts"),
};
