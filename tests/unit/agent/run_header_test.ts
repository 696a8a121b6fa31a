import assert from "node:assert/strict";
import { parseRunHeader, renderRunHeader } from "../../../agent/run_header.ts";
import { anAssignment } from "../../labs/agent_lab.ts";

const header = {
  version: 2,
  assignment: anAssignment({ jobId: "j", index: 2, attempt: 3 }, { argv: ["a\nb", "\u2028"] }, {}, {
    X: "é",
  }),
  gpus: [1],
  lane: { pid: 7, startTime: "9", bootId: "b" },
  after: "/tasks/j/1/1",
  cgroup: null,
} as const;

Deno.test("parseRunHeader() reads what renderRunHeader() wrote", () => {
  const text = `a\nb # {\n# ${renderRunHeader(header)}\ncd /x\n`;
  assert.deepEqual(parseRunHeader(text), header);
});

Deno.test("parseRunHeader() takes nothing that is cut off or leads elsewhere", () => {
  const text = `\n# ${renderRunHeader(header)}`;
  assert.equal(parseRunHeader(text), null);
  assert.equal(parseRunHeader(`${text.slice(0, 50)}\n`), null);
  assert.equal(parseRunHeader("#!/bin/sh\n"), null);
  assert.equal(parseRunHeader(`${text.replace('"jobId":"j"', '"jobId":"../j"')}\n`), null);
});
