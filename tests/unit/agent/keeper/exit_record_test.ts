import assert from "node:assert/strict";
import { parseExitRecord } from "../../../../agent/keeper/exit_record.ts";

Deno.test("parseExitRecord() reads what dash, bash and busybox write", () => {
  const cases = [
    ["+\n0\n0m0.000000s 0m0.000000s\n0m0.010000s 0m0.020000s\n", [0, 0.01, 0.02]],
    ["+\n143\n0m0.002s 0m0.000s\n2m1.500s 61m0.001s\n", [143, 121.5, 3660.001]],
    ["+\n7\n0m0,00s 0m0,00s\n0m0,25s 0m0,01s\n", [7, 0.25, 0.01]],
  ] as const;
  for (const [text, [exitCode, user, system]] of cases) {
    assert.deepEqual(parseExitRecord(text), { exitCode, userCpuSeconds: user, systemCpuSeconds: system });
  }
});

Deno.test("parseExitRecord() takes no part of a record for the whole", () => {
  const whole = "+\n0\n0m0.00s 0m0.00s\n0m0.01s 0m0.02s\n";
  for (let length = 0; length < whole.length; length++) {
    assert.equal(parseExitRecord(whole.slice(0, length)), null, `${length} bytes`);
  }
  for (
    const text of [
      "+\n256\n" + whole.slice(4),
      whole.slice(2),
      "\n" + whole,
      whole + "x",
      "+\n-1" + whole.slice(3),
      "+\n0\0" + whole.slice(3),
    ]
  ) {
    assert.equal(parseExitRecord(text), null, JSON.stringify(text));
  }
});
