/** Exit code of a process that a person interrupted. */
const INTERRUPTED = 130;

/**
 * A signal that the first Ctrl-C aborts (with `alsoTerm`, SIGTERM too). A second one ends the process at once, in
 * case what was asked to stop does not.
 */
export function watchInterrupts(options: { readonly alsoTerm: boolean } = { alsoTerm: false }): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) Deno.exit(INTERRUPTED);
    controller.abort();
  };
  Deno.addSignalListener("SIGINT", onSignal);
  if (options.alsoTerm) Deno.addSignalListener("SIGTERM", onSignal);
  return controller.signal;
}
