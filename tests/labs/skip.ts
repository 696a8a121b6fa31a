/**
 * Declares a test that needs something this machine may lack. With a `reason` it is skipped, and its title
 * carries the reason, which is how it reaches the list that test.sh prints.
 */
export function testUnless(
  reason: string | undefined,
  name: string,
  run: (t: Deno.TestContext) => void | Promise<void>,
): void {
  if (reason === undefined) Deno.test(name, run);
  else Deno.test({ name: `${name} (skipped: ${reason})`, ignore: true, fn: run });
}
