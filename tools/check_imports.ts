import { importFaults } from "./imports/check.ts";
import { reportFaults } from "./report_faults.ts";
import { readTree } from "./tree.ts";

// Prints every broken import rule (tools/imports/rules.ts) of the tree it is run in; exit code 1 if there is one.
Deno.exit(await reportFaults(importFaults(await readTree("."))));
