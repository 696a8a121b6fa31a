import assert from "node:assert/strict";
import { readExitState } from "../../../agent/keeper/attempt_files.ts";
import { parseExitRecord } from "../../../agent/keeper/exit_record.ts";
import { SpareDirectories } from "../../../agent/spare_directories.ts";

const FILES = ["run", "out", "exit"];
const DIRECTORIES = ["work", "tmp"];

/** The directory of an index that an attempt left. */
function aUsedDirectory(root: string, index: number): string {
  const path = `${root}/j/${index}`;
  for (const name of DIRECTORIES) Deno.mkdirSync(`${path}/1/${name}`, { recursive: true });
  for (const name of FILES) Deno.writeTextFileSync(`${path}/1/${name}`, "old");
  return path;
}

const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name).sort();

async function withSpares(test: (spares: SpareDirectories, root: string) => void): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    test(new SpareDirectories(`${root}/spares`), root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("SpareDirectories hands a directory out again once its task was cleared, before or after", async () => {
  await withSpares((spares, root) => {
    assert.equal(spares.offer("j:1:1", aUsedDirectory(root, 1)), true);
    assert.equal(spares.take(`${root}/j/5`), false, "not cleared yet");
    spares.clear("j:1:1");
    assert.equal(spares.take(`${root}/j/5`), true);
    spares.clear("j:2:1");
    spares.offer("j:2:1", aUsedDirectory(root, 2));
    assert.equal(spares.take(`${root}/j/6`), true);
    for (const index of [5, 6]) {
      assert.deepEqual(names(`${root}/j/${index}/1`), ["exit", "run", "tmp", "work"], "no output of another");
      const record = parseExitRecord(Deno.readTextFileSync(`${root}/j/${index}/1/exit`));
      assert.equal(record, null, "no record of another's end");
    }
    assert.equal(spares.take(`${root}/j/7`), false);
  });
});

Deno.test("SpareDirectories hands out nothing that holds a file of another", async () => {
  await withSpares((spares, root) => {
    const places = ["work/file", "tmp/file", "file"];
    places.forEach((place, at) => {
      const used = aUsedDirectory(root, at);
      Deno.writeTextFileSync(`${used}/1/${place}`, "secret");
      spares.clear(`j:${at}:1`);
      assert.equal(spares.offer(`j:${at}:1`, used), true);
    });
    for (const place of places) assert.equal(spares.take(`${root}/j/9`), false, place);
    assert.deepEqual(names(`${root}/j`), []);
  });
});

Deno.test("SpareDirectories uses an empty output and every other file again, in a job that has no directory yet", async () => {
  await withSpares((spares, root) => {
    const inodes = (path: string) =>
      [...FILES, ...DIRECTORIES].map((name) => Deno.statSync(`${path}/1/${name}`).ino);
    const used = aUsedDirectory(root, 0);
    Deno.writeTextFileSync(`${used}/1/out`, "");
    const before = inodes(used);
    for (let job = 1; job <= 3; job++) {
      const [from, to] = [job === 1 ? used : `${root}/k${job - 1}/7`, `${root}/k${job}/7`];
      spares.clear(`task${job}`);
      assert.equal(spares.offer(`task${job}`, from), true);
      assert.equal(spares.take(to), true);
      assert.deepEqual(inodes(to), before);
      assert.equal(readExitState(`${to}/1`), "blank");
    }
  });
});

Deno.test("SpareDirectories looks into a directory again when it changed since it was found empty", async () => {
  await withSpares((spares, root) => {
    const used = aUsedDirectory(root, 0);
    spares.clear("task1");
    spares.offer("task1", used);
    assert.equal(spares.take(`${root}/j/1`), true);
    Deno.writeTextFileSync(`${root}/j/1/1/work/file`, "secret");
    Deno.utimeSync(`${root}/j/1/1/work`, 0, 0);
    spares.clear("task2");
    spares.offer("task2", `${root}/j/1`);
    assert.equal(spares.take(`${root}/j/2`), false);
  });
});

Deno.test("SpareDirectories.take() leaves an index alone that has an attempt", async () => {
  await withSpares((spares, root) => {
    spares.clear("j:1:1");
    spares.offer("j:1:1", aUsedDirectory(root, 1));
    const there = aUsedDirectory(root, 2);
    assert.equal(spares.take(there), false);
    assert.equal(Deno.readTextFileSync(`${there}/1/out`), "old");
    assert.equal(spares.take(`${root}/j/3`), true, "it is not lost by that");
  });
});
