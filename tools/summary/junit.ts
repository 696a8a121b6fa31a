import { DOMParser } from "@xmldom/xmldom";

/** What the tests of one run came to. Steps of a test count as tests. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The counts of one JUnit report, and the titles of the skipped tests. */
export function readJunit(xml: string): { readonly counts: Counts; readonly skipped: readonly string[] } {
  const cases = [...new DOMParser().parseFromString(xml, "text/xml").getElementsByTagName("testcase")];
  const having = (...tags: string[]) =>
    cases.filter((test) => tags.some((tag) => test.getElementsByTagName(tag).length > 0));
  const [failed, skipped] = [having("failure", "error").length, having("skipped")];
  return {
    counts: { passed: cases.length - failed - skipped.length, failed, skipped: skipped.length },
    skipped: skipped.map((test) => test.getAttribute("name") ?? "a test without a name"),
  };
}
