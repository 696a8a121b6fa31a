import { runCli } from "../../cli/main.ts";

// The command line as a process of its own, without roles to start.
Deno.exitCode = await runCli(Deno.args, {
  controller: () => Promise.reject(new Error("no controller in this test")),
  agent: () => Promise.reject(new Error("no agent in this test")),
});
