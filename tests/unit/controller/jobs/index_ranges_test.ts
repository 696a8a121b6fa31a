import assert from "node:assert/strict";
import fc from "fast-check";
import { IndexRanges } from "../../../../controller/jobs/index_ranges.ts";

type Step = ["add" | "remove" | "removeFirst", number];

Deno.test("IndexRanges behaves as a sorted set", () => {
  const step = fc.tuple(fc.constantFrom("add", "remove", "removeFirst"), fc.integer({ min: 1, max: 15 }));
  fc.assert(fc.property(fc.array(step as fc.Arbitrary<Step>, { maxLength: 60 }), (steps) => {
    const ranges = new IndexRanges([{ from: 3, to: 9 }]);
    let model = [3, 4, 5, 6, 7, 8, 9];
    for (const [what, value] of steps) {
      ranges[what](value);
      if (what === "add") model = [...new Set([...model, value])].sort((a, b) => a - b);
      else if (what === "remove") model = model.filter((each) => each !== value);
      else model = model.slice(value);
      const listed = ranges.first(100).flatMap(({ from, to }) =>
        Array.from({ length: to - from + 1 }, (_, at) => from + at)
      );
      assert.deepEqual(listed, model);
      assert.equal(ranges.size, model.length);
    }
  }));
});

Deno.test("IndexRanges keeps neighbours as one range", () => {
  const ranges = new IndexRanges();
  for (const index of [5, 3, 4, 9]) ranges.add(index);
  assert.deepEqual(ranges.first(10), [{ from: 3, to: 5 }, { from: 9, to: 9 }]);
  assert.deepEqual(ranges.first(2), [{ from: 3, to: 4 }]);
});
