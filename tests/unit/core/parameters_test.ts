import assert from "node:assert/strict";
import fc from "fast-check";
import { formatCsv } from "../../../core/csv.ts";
import { MusterError } from "../../../core/errors.ts";
import { type ParameterFormat, parseParameters } from "../../../core/parameters.ts";

const encoder = new TextEncoder();

function parse(text: string, format: ParameterFormat = "csv") {
  return parseParameters(encoder.encode(text), format, `grid.${format}`);
}

interface Read {
  readonly what: string;
  readonly text: string;
  readonly format?: ParameterFormat;
  readonly columns: string[];
  readonly rows: string[][];
}

const READ: readonly Read[] = [
  { what: "a plain table", text: "a,b\n1,2\n3,4\n", columns: ["a", "b"], rows: [["1", "2"], ["3", "4"]] },
  { what: "a table without a last newline", text: "a\n1", columns: ["a"], rows: [["1"]] },
  { what: "a byte order mark", text: "\ufeffa,b\n1,2\n", columns: ["a", "b"], rows: [["1", "2"]] },
  { what: "CRLF", text: "a,b\r\n1,2\r\n", columns: ["a", "b"], rows: [["1", "2"]] },
  {
    what: "CRLF here and LF there",
    text: "a,b\n1,2\r\n3,4\n",
    columns: ["a", "b"],
    rows: [["1", "2"], ["3", "4"]],
  },
  { what: "quotes", text: 'a,b\n"x, ""y""",\n', columns: ["a", "b"], rows: [['x, "y"', ""]] },
  { what: "newlines in quotes", text: 'a,b\n"x\ny","\r\n"\n', columns: ["a", "b"], rows: [["x\ny", "\r\n"]] },
  { what: "blank lines", text: "a\n\n1\n\n2\n\n\n", columns: ["a"], rows: [["1"], ["2"]] },
  { what: "an empty value in quotes", text: 'a\n""\n', columns: ["a"], rows: [[""]] },
  {
    what: "white space around names, not values",
    text: "a, b\n 1, 2\n",
    columns: ["a", "b"],
    rows: [[" 1", " 2"]],
  },
  { what: "non-ASCII text", text: "größe\n日本\n", columns: ["größe"], rows: [["日本"]] },
  {
    what: "odd names",
    text: "my col,a.b-c_d/e\n1,2\n",
    columns: ["my col", "a.b-c_d/e"],
    rows: [["1", "2"]],
  },
  {
    what: "tabs",
    text: 'a\tb\n1,5\t5" disk\n',
    format: "tsv",
    columns: ["a", "b"],
    rows: [["1,5", '5" disk']],
  },
  {
    what: "objects a line, in any order of keys",
    text: '{"a":"x","b":1}\r\n\n{"b":true,"a":null}\n',
    format: "jsonl",
    columns: ["a", "b"],
    rows: [["x", "1"], ["", "true"]],
  },
  {
    what: "numbers as they were written",
    text: '{"a":1.0,"b":12345678901234567890}\n{"a":1e3,"b":-0}\n',
    format: "jsonl",
    columns: ["a", "b"],
    rows: [["1.0", "12345678901234567890"], ["1e3", "-0"]],
  },
  {
    what: "keys that objects have by themselves",
    text: '{"__proto__":"x","toString":"y"}\n',
    format: "jsonl",
    columns: ["__proto__", "toString"],
    rows: [["x", "y"]],
  },
];

for (const { what, text, format, columns, rows } of READ) {
  Deno.test(`parseParameters() reads ${what}`, () =>
    assert.deepEqual(parse(text, format), { columns, rows }));
}

const REFUSED: readonly [what: string, text: string, message: string, format?: ParameterFormat][] = [
  ["an empty file", "", "Cannot read grid.csv: it is empty"],
  ["blank lines alone", "\n \r\n", "Cannot read grid.csv: it is empty"],
  ["a header alone", "a,b\n", "Cannot read grid.csv: it has a header and no rows"],
  ["a duplicate column", "a,b,a\n1,2,3\n", 'Cannot read grid.csv: column "a" is there twice'],
  ["an empty column name", "a,,c\n1,2,3\n", "Cannot read grid.csv: column 2 has no name"],
  ["a column of white space", "a, \n1,2\n", "Cannot read grid.csv: column 2 has no name"],
  ["a brace in a name", "a{b\n1\n", 'Cannot read grid.csv: column "a{b" holds a brace or colon'],
  [
    "a column named index",
    "index\n1\n",
    'Cannot read grid.csv: a column may not be named "index", which is the number of the task',
  ],
  [
    "an uneven row",
    "a,b\n1,2\n3\n",
    "Cannot read grid.csv, line 3: wanted 2 values as in the header, found 1",
  ],
  [
    "an uneven row after a quoted newline",
    'a,b\n"x\ny",2\n3,4,5\n',
    "Cannot read grid.csv, line 4: wanted 2 values as in the header, found 3",
  ],
  [
    "an open quote",
    'a,b\n1,2\n3,"x\n',
    "Cannot read grid.csv, line 3: a quote that opens here is never closed",
  ],
  [
    "a quote inside a value",
    'a\nx"y\n',
    "Cannot read grid.csv, line 2: a quote in the middle of a value; " +
    'write the value in quotes, with each quote doubled: "a ""b"" c"',
  ],
  [
    "text after a quote",
    'a\n"x"y\n',
    'Cannot read grid.csv, line 2: text after a closing quote; double each quote inside a value: "a ""b"" c"',
  ],
  ["a NUL", "a\nx\0y\n", "Cannot read grid.csv: row 1 holds a NUL, which no command can be given"],
  ["what is not JSON", '{"a":1}\n{"a":\n', "Cannot read grid.jsonl, line 2: not JSON", "jsonl"],
  [
    "an array a line",
    "[1]\n",
    'Cannot read grid.jsonl, line 1: wanted an object, as in {"column": "value"}',
    "jsonl",
  ],
  ["an empty object", "{}\n", "Cannot read grid.jsonl, line 1: the object has no columns", "jsonl"],
  [
    "a missing key",
    '{"a":1,"b":2}\n\n{"a":1}\n',
    'Cannot read grid.jsonl, line 3: column "b" is missing',
    "jsonl",
  ],
  [
    "a key too many",
    '{"a":1}\n{"a":1,"b":2}\n',
    'Cannot read grid.jsonl, line 2: column "b" is not in the first line',
    "jsonl",
  ],
  [
    "a nested value",
    '{"a":[1]}\n',
    'Cannot read grid.jsonl, line 1: the value of "a" is nested; wanted text, a number, true, false or null',
    "jsonl",
  ],
  [
    "a key named index",
    '{"index":1}\n',
    'Cannot read grid.jsonl: a column may not be named "index", which is the number of the task',
    "jsonl",
  ],
];

for (const [what, text, message, format] of REFUSED) {
  Deno.test(`parseParameters() refuses ${what}`, () => {
    assert.throws(() => parse(text, format), (error) => {
      assert.ok(error instanceof MusterError);
      assert.equal(error.code, "InvalidInput");
      assert.equal(error.message, message);
      return true;
    });
  });
}

Deno.test("parseParameters() names the line that is not UTF-8", () => {
  const latin1 = Uint8Array.from("a\nok\nGr\xf6\xdfe\n", (char) => char.charCodeAt(0));
  assert.throws(
    () => parseParameters(latin1, "csv", "x.csv"),
    /^MusterError: Cannot read x.csv, line 3: not UTF-8/,
  );
});

Deno.test("parseParameters() says what UTF-16 is", () => {
  const utf16 = new Uint8Array([0xff, 0xfe, 0x61, 0x00, 0x0a, 0x00]);
  assert.throws(() => parseParameters(utf16, "csv", "x.csv"), /it is UTF-16; save it as UTF-8/);
});

Deno.test("parseParameters() refuses more than a million rows", () => {
  for (const format of ["csv", "jsonl"] as const) {
    const [header, row] = format === "csv" ? ["a\n", "1\n"] : ["", '{"a":1}\n'];
    assert.equal(parse(header + row.repeat(1_000_000), format).rows.length, 1_000_000);
    assert.throws(() => parse(header + row.repeat(1_000_001), format), /it has more than 1,000,000 rows/);
  }
});

Deno.test("parseParameters() gives back every table that formatCsv() writes", () => {
  const value = fc.string({ unit: "grapheme" }).filter((text) => text.isWellFormed() && !text.includes("\0"));
  const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
    fc.array(fc.array(value, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 })
  );
  fc.assert(fc.property(table, (rows) => {
    const columns = rows[0]?.map((_, at) => `c${at}`) ?? [];
    assert.deepEqual(parse(formatCsv(columns, rows)), { columns, rows });
  }));
});
