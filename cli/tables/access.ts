import type { CommandSpec } from "../command.ts";

export const ACCESS_COMMANDS: readonly CommandSpec[] = [
  {
    words: "login",
    takes: "<URL>",
    about: "Use a controller elsewhere; the token comes on standard input",
    group: "Access",
    options: [
      { flags: "--ca <FINGERPRINT>", about: "SHA256:… of the fleet's authority" },
      { flags: "--name <NAME>", about: "name of the context (default: the URL's host)" },
    ],
    example: "muster login https://desk.example:7770 --ca SHA256:… < token.txt",
    load: () => import("../commands/login.ts"),
  },
  {
    words: "context list",
    about: "The controllers this machine knows",
    group: "Access",
    example: "muster context list",
    load: () => import("../commands/context_list.ts"),
  },
  {
    words: "context use",
    takes: "<NAME>",
    about: "Which controller commands talk to; local is this machine's",
    group: "Access",
    example: "muster context use desk",
    load: () => import("../commands/context_use.ts"),
  },
  {
    words: "token create",
    takes: "<NAME>",
    about: "Let a person or program in",
    group: "Access",
    options: [
      { flags: "--role <ROLE>", about: "owner, submit or read (default: submit)" },
      { flags: "--expires <TIME>", about: "valid that long: 12h, 30d (default: for ever)" },
    ],
    example: "muster token create laptop --expires 30d",
    load: () => import("../commands/token_create.ts"),
  },
  {
    words: "token list",
    about: "Who may come in",
    group: "Access",
    example: "muster token list",
    load: () => import("../commands/token_list.ts"),
  },
  {
    words: "token revoke",
    takes: "<ID>",
    about: "Shut a token out",
    group: "Access",
    example: "muster token revoke t4k2",
    load: () => import("../commands/token_revoke.ts"),
  },
];
