import { takeLaunch } from "./system/self.ts";
import { versionAnswer } from "./system/version.ts";

takeLaunch();
const answer = versionAnswer(Deno.args);
if (answer !== undefined) {
  await Deno.stdout.write(new TextEncoder().encode(`${answer}\n`));
} else {
  const { runCli } = await import("./cli/main.ts");
  Deno.exitCode = await runCli(Deno.args, {
    controller: () => import("./controller/main.ts"),
    agent: () => import("./agent/main.ts"),
  });
}
