/** Why a run ended before its last question, and the exit code for that. */
export class Stopped extends Error {
  readonly exitCode: number;

  constructor(reason: string, exitCode: number) {
    super(reason);
    this.exitCode = exitCode;
  }
}

/** Fires on Ctrl-C, SIGTERM and at the time limit. Ctrl-C once more gives up the removal too. */
export function stopSignal(minutes: number, name: string): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  let since: number | undefined;
  const stop = (reason: string, exitCode: number) => {
    if (controller.signal.aborted) return;
    process.stdout.write(`${reason} Removing what was made; Ctrl-C once more leaves it.\n`);
    controller.abort(new Stopped(reason, exitCode));
  };
  const onSignal = (exitCode: number) => () => {
    // npm hands a Ctrl-C on that the terminal has sent to both, so two at once are one.
    if (since !== undefined && Date.now() - since > 1000) {
      process.stderr.write(`Stopped at once. ${name} may be left at the service.\n`);
      process.exit(exitCode);
    }
    since ??= Date.now();
    stop('The run was stopped.', exitCode);
  };
  const listeners = { SIGINT: onSignal(130), SIGTERM: onSignal(143) };
  for (const [event, listener] of Object.entries(listeners)) process.on(event, listener);
  const timer = setTimeout(
    () => stop(`The time limit of ${minutes} minutes was reached.`, 1),
    minutes * 60_000,
  );
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      for (const [event, listener] of Object.entries(listeners)) process.off(event, listener);
    },
  };
}
