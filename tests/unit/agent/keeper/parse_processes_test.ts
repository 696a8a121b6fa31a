import assert from "node:assert/strict";
import { parseProcStat, parsePs } from "../../../../agent/keeper/parse_processes.ts";
import { sumByLane } from "../../../../agent/keeper/memory_watch.ts";

Deno.test("parseProcStat() is not misled by a process's name", () => {
  const stat = "42 (a) S 1 (b) R 7 42 41 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 1 0 98765 1000000 250 184";
  assert.deepEqual(parseProcStat(stat.replace("S 1 (b)", "x (b)")), {
    pid: 42,
    parent: 7,
    session: 41,
    startTime: "98765",
    rssBytes: 250 * 4096,
    isZombie: false,
  });
  assert.equal(
    parseProcStat("42 (sh) Z 7 42 41 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 1 0 98765 0 0")?.isZombie,
    true,
  );
  assert.equal(parseProcStat("42 (sh) S 7 42"), null);
  assert.equal(parseProcStat(""), null);
});

Deno.test("parsePs() reads macOS's ps and leaves zombies out", () => {
  const text = "  501     1   501   1234 Ss   Mon Nov 23 07:00:01 2026    \n" +
    "  502   501   501      0 Z    Mon Nov 23 07:00:02 2026\n\nps: warning\n";
  assert.deepEqual(parsePs(text), [{
    pid: 501,
    parent: 1,
    session: 501,
    rssBytes: 1234 * 1024,
    isZombie: false,
    startTime: "Mon Nov 23 07:00:01 2026",
  }]);
});

Deno.test("sumByLane() counts a lane's session and what left it, not the lane", () => {
  const entry = (pid: number, parent: number, session: number, rssBytes: number) => ({
    pid,
    parent,
    session,
    rssBytes,
    startTime: "1",
    isZombie: false,
  });
  const entries = [
    entry(10, 1, 10, 1),
    entry(11, 10, 10, 100),
    entry(12, 11, 12, 1000),
    entry(13, 12, 12, 10_000),
    entry(99, 1, 99, 5),
    // A table read while it changed: each is the other's parent.
    entry(50, 51, 50, 7),
    entry(51, 50, 50, 7),
  ];
  assert.deepEqual([...sumByLane(entries, new Set([10]))], [[10, 11_100]]);
});
