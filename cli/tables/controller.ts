import type { CommandSpec } from "../command.ts";

export const CONTROLLER_COMMANDS: readonly CommandSpec[] = [
  {
    words: "controller start",
    about: "Run the controller on this machine",
    group: "Controller",
    options: [
      { flags: "--detach", about: "in the background; returns when it answers" },
      {
        flags: "--listen <HOST:PORT>",
        about: "where people and programs reach it (default: 127.0.0.1:7770)",
      },
      { flags: "--agent-listen <HOST:PORT>", about: "where agents reach it (default: 127.0.0.1:7771)" },
      { flags: "--data-dir <DIR>", about: "where its data lie (default: MUSTER_HOME/controller)" },
      { flags: "--background", about: "nobody watches its output", isHidden: true },
    ],
    example: "muster controller start --detach",
    load: () => import("../commands/controller_start.ts"),
  },
  {
    words: "controller status",
    about: "Where it is, and whether it comes back after a reboot",
    group: "Controller",
    example: "muster controller status",
    load: () => import("../commands/controller_status.ts"),
  },
  {
    words: "controller stop",
    about: "End it; running tasks go on at their hosts",
    group: "Controller",
    example: "muster controller stop",
    load: () => import("../commands/controller_stop.ts"),
  },
  {
    words: "controller install",
    about: "Let it come back after a reboot",
    group: "Controller",
    dryRun: "print the file and the commands; change nothing",
    example: "muster controller install",
    load: () => import("../commands/controller_install.ts"),
  },
  {
    words: "controller uninstall",
    about: "Take back what install did",
    group: "Controller",
    dryRun: "print what would be removed; change nothing",
    example: "muster controller uninstall",
    load: () => import("../commands/controller_uninstall.ts"),
  },
];
