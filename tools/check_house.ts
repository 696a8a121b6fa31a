import { houseFaults } from "./house/check.ts";
import { reportFaults } from "./report_faults.ts";
import { readTree } from "./tree.ts";

// Prints every broken house rule that is not about imports, of the tree it is run in; exit code 1 if there is one.
Deno.exit(await reportFaults(houseFaults(await readTree("."))));
