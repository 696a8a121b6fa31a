import assert from "node:assert/strict";
import { COMMANDS } from "../../../cli/command_table.ts";
import * as fleet from "../../../core/api/fleet.ts";
import * as jobs from "../../../core/api/jobs.ts";
import * as local from "../../../core/api/local.ts";
import type { z } from "../../../core/schema.ts";
import { packTar } from "../../../system/tar.ts";
import { aJobDetail } from "../../builders/api_bodies.ts";
import { createFakeClient } from "../../fakes/fake_client.ts";
import { muster } from "../../labs/cli_lab.ts";

/** The schema of what each command line prints with `--output json`. */
const SCHEMAS: readonly (readonly [string, z.ZodType])[] = [
  ["sub true", jobs.jobSchema],
  ["sub --no-wait true", jobs.jobSchema],
  ["sub --dry-run true", jobs.submitPreviewSchema],
  ["watch words", jobs.jobSchema],
  ["wait a b", jobs.jobPageSchema],
  ["fetch words", local.fetchedSchema],
  ["status", fleet.statusSchema],
  ["status words", jobs.jobDetailSchema],
  ["list", jobs.jobPageSchema],
  ["show words", jobs.jobDetailSchema],
  ["show words 3", jobs.taskDetailSchema],
  ["show words --tasks", jobs.taskPageSchema],
  ["logs words", local.logTextSchema],
  ["events", fleet.eventSchema],
  ["kill words", jobs.killResultSchema],
  ["reset words", jobs.resetResultSchema],
  ["delete words", local.deletedSchema],
  ["host list", fleet.hostPageSchema],
  ["host show spark-1", fleet.hostSchema],
  ["host show spark-1 --watch", fleet.hostSampleSchema],
  ["agent start --detach", local.startedAgentSchema],
  ["controller start --detach", fleet.statusSchema],
  ["controller status", fleet.statusSchema],
  ["controller stop", local.stoppedSchema],
  ["controller install", local.servicedSchema],
  ["controller install --dry-run", local.servicePlanSchema],
  ["controller uninstall", local.servicedSchema],
  ["controller uninstall --dry-run", local.servicePlanSchema],
  ["login http://127.0.0.1:1", local.currentContextSchema],
  ["context list", local.contextsSchema],
  ["context use local", local.currentContextSchema],
  ["token create laptop", fleet.createdTokenSchema],
  ["token list", fleet.tokenPageSchema],
  ["token revoke t4k2", local.revokedSchema],
];

Deno.test("every command prints one JSON document of its schema and nothing else", async (t) => {
  const home = await Deno.makeTempDir();
  const client = createFakeClient({
    job: () => Promise.resolve(aJobDetail({ total: 1 })),
    files: () => Promise.resolve(packTar(ReadableStream.from([]))),
  });
  try {
    for (const [line, schema] of SCHEMAS) {
      await t.step(line, async () => {
        // Before the command's words: after them they would be the job's.
        const argv = ["--output", "json", ...line.split(" ")];
        const { out, err } = await muster(argv, {
          client,
          cwd: home,
          env: { MUSTER_HOME: home, XDG_CONFIG_HOME: home },
        });
        assert.ok(err === "" || /^Job words \(jabc\) · 17 tasks\n$/.test(err), err);
        schema.parse(JSON.parse(out));
      });
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("every command is among those whose JSON is checked", () => {
  const checked = SCHEMAS.map(([line]) => line);
  const missing = COMMANDS.filter(({ words }) =>
    !checked.some((line) => line === words || line.startsWith(`${words} `))
  );
  assert.deepEqual(missing.map(({ words }) => words), []);
});
