import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/command_table.ts";
import {
  createdTokenSchema,
  eventSchema,
  hostPageSchema,
  hostSchema,
  statusSchema,
  tokenPageSchema,
} from "../../core/api/fleet.ts";
import {
  jobDetailSchema,
  jobPageSchema,
  jobSchema,
  killResultSchema,
  resetResultSchema,
  submitPreviewSchema,
  taskDetailSchema,
  taskPageSchema,
} from "../../core/api/jobs.ts";
import {
  contextsSchema,
  currentContextSchema,
  deletedSchema,
  fetchedSchema,
  logTextSchema,
  revokedSchema,
  servicePlanSchema,
  startedAgentSchema,
  stoppedSchema,
} from "../../core/api/local.ts";
import { errorSchema } from "../../core/api/common.ts";
import type { z } from "../../core/schema.ts";
import { waitUntil } from "../labs/wait_until.ts";
import { ended, type HomeLab, homeLab } from "./home_lab.ts";

Deno.test("every command's --help shows its use, its flags and an example, and starts nothing", async () => {
  await using lab = await homeLab();
  for (const { words, about, example, options } of COMMANDS) {
    const { code, stdout, stderr } = await lab.muster([...words.split(" "), "--help"]);
    assert.deepEqual([code, stderr], [0, ""], words);
    for (const text of [`Usage: muster ${words}`, about, `Example:\n  ${example}`, "--output <FORMAT>"]) {
      assert.ok(stdout.includes(text), `muster ${words} --help lacks "${text}":\n${stdout}`);
    }
    const shown = options?.filter(({ isHidden }) => !isHidden) ?? [];
    shown.forEach(({ flags }) => assert.ok(stdout.includes(flags), `muster ${words} --help lacks ${flags}`));
  }
  const all = await lab.muster(["--help"]);
  for (const { words } of COMMANDS) assert.ok(all.stdout.includes(words.split(" ")[0]!), words);
  const left = await Array.fromAsync(Deno.readDir(lab.home), ({ name }) => name);
  assert.deepEqual(left.filter((name) => name !== "cache"), []);
});

/** Words of a call, the schema of what it prints, and words before it that need no check. */
interface JsonCase {
  readonly words: string;
  readonly schema: z.ZodType;
  readonly exitCode?: number;
}

/** In an order in which each finds what it needs. */
const JSON_CASES: readonly JsonCase[] = [
  { words: "sub -n one --seq 2 --output json -- echo {index}", schema: jobSchema },
  { words: "sub -n bad --output json -- false", schema: jobSchema, exitCode: 1 },
  { words: "sub -n long --no-wait --output json -- sleep 600", schema: jobSchema },
  { words: "sub --dry-run --output json -- true", schema: submitPreviewSchema },
  { words: "watch one --output json", schema: jobSchema },
  { words: "wait one --output json", schema: jobPageSchema },
  { words: "fetch one out --output json", schema: fetchedSchema },
  { words: "status --output json", schema: statusSchema },
  { words: "status one --output json", schema: jobDetailSchema },
  { words: "list --output json", schema: jobPageSchema },
  { words: "show one --output json", schema: jobDetailSchema },
  { words: "show one --tasks --output json", schema: taskPageSchema },
  { words: "show bad 1 --output json", schema: taskDetailSchema },
  { words: "logs one 2 --output json", schema: logTextSchema },
  { words: "kill long --output json", schema: killResultSchema },
  { words: "wait long --output json", schema: jobPageSchema, exitCode: 1 },
  { words: "reset bad --output json", schema: resetResultSchema },
  { words: "wait bad --output json", schema: jobPageSchema, exitCode: 1 },
  { words: "delete bad --output json", schema: deletedSchema },
  { words: "host list --output json", schema: hostPageSchema },
  { words: "token create laptop --role read --output json", schema: createdTokenSchema },
  { words: "token list --output json", schema: tokenPageSchema },
  { words: "context list --output json", schema: contextsSchema },
  { words: "context use local --output json", schema: currentContextSchema },
  { words: "controller start --detach --output json", schema: statusSchema },
  { words: "controller status --output json", schema: statusSchema },
  { words: "controller install --dry-run --output json", schema: servicePlanSchema },
  { words: "controller uninstall --dry-run --output json", schema: servicePlanSchema },
];

/** Commands whose JSON needs more than one call to be seen; tested below or changing this machine. */
const TESTED_APART: Readonly<Record<string, string>> = {
  "events": "runs until Ctrl-C",
  "host show": "needs the host's name",
  "token revoke": "needs the token's id",
  "login": "reads a token",
  "agent start": "needs a controller without an agent",
  "controller stop": "ends the others' controller",
};

Deno.test("every command's --output json prints the shape of its schema and nothing else", async (t) => {
  await using lab = await homeLab();
  for (const { words, schema, exitCode = 0 } of JSON_CASES) {
    await t.step(words, async () => {
      const { code, stdout, stderr } = await lab.muster(words.split(" "));
      assert.equal(code, exitCode, stderr);
      parse(schema, stdout);
    });
  }
  await t.step("host show", async () => {
    const { items: [host] } = await lab.json("host", "list");
    parse(hostSchema, await lab.ok("host", "show", host.name, "--output", "json"));
  });
  await t.step("login", async () => {
    const { url, token } = await lab.access();
    const login = ["login", url, "--name", "self", "--output", "json"];
    parse(currentContextSchema, (await lab.muster(login, { input: `${token}\n` })).stdout);
    parse(contextsSchema, await lab.ok("context", "list", "--output", "json"));
    await lab.ok("context", "use", "local");
  });
  await t.step("token revoke", async () => {
    const { id } = await lab.json("token", "create", "gone");
    parse(revokedSchema, await lab.ok("token", "revoke", id, "--output", "json"));
  });
  await t.step("events", () => eventsTellOfOne(lab));
  await t.step("controller stop", async () => {
    assert.deepEqual(parse(stoppedSchema, await lab.ok("controller", "stop", "--output", "json")), {
      stopped: true,
    });
    assert.deepEqual(parse(stoppedSchema, await lab.ok("controller", "stop", "--output", "json")), {
      stopped: false,
    });
  });
  await t.step("agent start", async () => {
    const agent = parse(startedAgentSchema, await lab.ok("agent", "start", "--detach", "--output", "json"));
    Deno.kill((agent as { pid: number }).pid, "SIGTERM");
  });
  await t.step("no command is left out", () => {
    const tested = [...JSON_CASES.map(({ words }) => words), ...Object.keys(TESTED_APART)];
    const missing = COMMANDS.filter(({ words }) =>
      !tested.some((each) => `${each} `.startsWith(`${words} `))
    );
    assert.deepEqual(missing.map(({ words }) => words), []);
  });
});

async function eventsTellOfOne(lab: HomeLab): Promise<void> {
  const child = lab.spawn(["events", "--since", "0", "--job", "one", "--output", "json"]);
  const lines: string[] = [];
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) lines.push(text);
  })();
  await waitUntil(() => lines.join("").includes("job.ended") || lines.join("").split("\n").length > 4, {
    what: "events of the job",
  });
  child.kill("SIGINT");
  assert.equal((await child.status).code, 130);
  await reading;
  await child.stderr.cancel();
  lines.join("").trim().split("\n").forEach((line) => parse(eventSchema, line));
}

/** The value in `text`; throws where it has another shape or fields that the schema does not name. */
function parse<T extends z.ZodType>(schema: T, text: string): z.output<T> {
  const value: unknown = JSON.parse(text);
  const parsed = schema.parse(value);
  assert.deepEqual(value, parsed);
  return parsed;
}

/** Words, the exit code of DESIGN section 5, and the error's code. */
const EXIT_CASES: readonly (readonly [string, number, string])[] = [
  ["sub --seq 0 -- true", 2, "InvalidInput"],
  ["show nope", 3, "NotFound"],
  ["--controller unix:/nowhere/api.sock list", 4, "Unreachable"],
  ["--controller http://127.0.0.1:1 list", 5, "Unauthenticated"],
  ["sub -n busy -- true", 6, "Conflict"],
];

Deno.test("errors have the exit code of their kind, on one line or as one JSON object", async (t) => {
  await using lab = await homeLab();
  await lab.ok("sub", "-n", "busy", "--no-wait", "--", "sleep", "600");
  for (const [words, exitCode, errorCode] of EXIT_CASES) {
    await t.step(words, async () => {
      const plain = await lab.muster(words.split(" "));
      assert.deepEqual([plain.code, plain.stdout], [exitCode, ""]);
      assert.match(plain.stderr, /^muster: Cannot .+\n(hint: .+\n)?$/);
      const json = await lab.muster(["--output", "json", ...words.split(" ")]);
      assert.deepEqual([json.code, json.stdout], [exitCode, ""]);
      assert.equal(parse(errorSchema, json.stderr).error.code, errorCode);
    });
  }
  await t.step("0 and 1 tell how the tasks ended", async () => {
    assert.equal((await lab.muster(["sub", "--", "true"])).code, 0);
    assert.equal((await lab.muster(["sub", "--", "false"])).code, 1);
  });
  await t.step("130 tells of Ctrl-C", async () => {
    const child = lab.spawn(["watch", "busy"]);
    await lab.ok("status", "busy"); // Takes as long as the other command needs to begin.
    child.kill("SIGINT");
    assert.equal((await ended(child)).code, 130);
  });
  await lab.ok("kill", "busy");
});
