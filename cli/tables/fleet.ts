import type { CommandSpec } from "../command.ts";

export const FLEET_COMMANDS: readonly CommandSpec[] = [
  {
    words: "host list",
    about: "The machines of the fleet",
    group: "Fleet",
    example: "muster host list",
    load: () => import("../commands/host_list.ts"),
  },
  {
    words: "host show",
    takes: "<HOST>",
    about: "All about one machine, and what it uses",
    group: "Fleet",
    options: [{ flags: "--watch", about: "what it uses, a line a second, until Ctrl-C" }],
    details: "HOST is a name or an id.",
    example: "muster host show spark-1 --watch",
    load: () => import("../commands/host_show.ts"),
  },
  {
    words: "agent start",
    about: "Make this machine take work",
    group: "Fleet",
    options: [
      { flags: "--detach", about: "in the background" },
      { flags: "--executor <KIND>", about: "process, or noop: tasks end at once, to measure the rest" },
    ],
    example: "muster agent start --detach",
    load: () => import("../commands/agent_start.ts"),
  },
];
