import assert from "node:assert/strict";
import { parseCpuTicks, parseMeminfo, parseOsRelease } from "../../../../agent/facts/parse_system_files.ts";

Deno.test("parseMeminfo() counts what is available as unused", () => {
  const text = "MemTotal:       16384 kB\nMemFree:         1024 kB\nMemAvailable:    8192 kB\n";
  assert.deepEqual(parseMeminfo(text), { totalBytes: 16384 * 1024, usedBytes: 8192 * 1024 });
  assert.deepEqual(parseMeminfo(text.replace(/MemAvailable.*\n/, ""))?.usedBytes, (16384 - 1024) * 1024);
  assert.equal(parseMeminfo(""), null);
});

Deno.test("parseOsRelease() unquotes the name", () => {
  assert.equal(
    parseOsRelease('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'),
    "Debian GNU/Linux 12 (bookworm)",
  );
  assert.equal(parseOsRelease("PRETTY_NAME='A \"B\"'\n"), 'A "B"');
  assert.equal(parseOsRelease("PRETTY_NAME=Alpine\n"), "Alpine");
  assert.equal(parseOsRelease("ID=x\n"), null);
});

Deno.test("parseCpuTicks() does not count waiting as busy, nor guests twice", () => {
  assert.deepEqual(parseCpuTicks("cpu  10 1 5 100 7 2 3 4 9 9\ncpu0 1 1 1 1\n"), { busy: 25, total: 132 });
  assert.equal(parseCpuTicks("intr 5\n"), null);
});
