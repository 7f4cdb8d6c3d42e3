import type { BuildStatus } from '../api/schemas.ts';
import type { RecipeBody } from '../api/types.ts';
import { isAmbiguous, isTransient, ServiceError } from '../http/errors.ts';
import type { BuildContext } from './context.ts';
import type { RegisteredBuild } from './register.ts';

/**
 * `started`: it runs, or has run. `failed`: the service accepted the recipe and broke; the build's state has the reason.
 * `not-ours`: the build was looked up after a lost response, and another job started it.
 */
export type StartResult = 'started' | 'failed' | 'not-ours';

/**
 * Sends the recipe and starts the build. After a lost response, the build's status says whether it was started. Rejects with a `ServiceError`, or with the signal's reason.
 */
export async function start(
  build: RegisteredBuild,
  recipe: RecipeBody,
  deps: BuildContext,
): Promise<StartResult> {
  const { client, emit } = deps;
  const { templateId, buildId } = build;
  const retrier = client.retrier('POST start');
  const readStatus = () => client.status(templateId, buildId, 0);

  // The last start that may have reached the service without a proper response.
  for (let lost: ServiceError | undefined; ; ) {
    try {
      await client.start(templateId, buildId, recipe);
      return 'started';
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (isNotWaiting(error)) {
        if (build.found && !lost) return 'not-ours';
        if (lost) noticeLostResponse(emit, lost);
        return 'started';
      }
      if (!isTransient(error)) throw error;
      if (!error.notSent) lost = error;
      if (isAmbiguous(error)) {
        const state = await readStatus();
        if (brokeAtStart(error, state)) return 'failed';
        if (state.status !== 'waiting') {
          noticeLostResponse(emit, error);
          return 'started';
        }
      }
      await retrier.backoff(error);
    }
  }
}

/** The response to a second start. */
function isNotWaiting({ status, said = '' }: ServiceError): boolean {
  return status === 400 && /not in waiting state/i.test(said);
}

/** The service fails the build if it breaks between accepting the recipe and running it. */
function brokeAtStart({ said = '' }: ServiceError, { status, reason }: BuildStatus): boolean {
  return (
    status === 'error' &&
    (/when starting template build/i.test(said) || /error when building env/i.test(reason?.message ?? ''))
  );
}

function noticeLostResponse(emit: BuildContext['emit'], { summary }: ServiceError): void {
  emit({
    type: 'notice',
    message: `The answer to the start was lost (${summary}), but the build has started: continuing.`,
  });
}
