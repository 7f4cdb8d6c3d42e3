import type { BuildStatus } from '../api/schemas.ts';
import type { RecipeBody } from '../api/types.ts';
import { isAmbiguous, isTransient, ServiceError } from '../http/errors.ts';
import type { BuildContext } from './context.ts';
import type { RegisteredBuild } from './register.ts';

/**
 * `started`: it runs, or has run. `failed`: the service took the recipe and broke, the build's state tells why.
 * `not-ours`: the build was found rather than registered, and somebody else has started it.
 */
export type StartResult = 'started' | 'failed' | 'not-ours';

/**
 * Sends the recipe and starts the build. When the answer is lost, the build's status tells whether it was
 * started. Rejects with a `ServiceError`, or with the signal's reason.
 */
export async function start(
  build: RegisteredBuild,
  recipe: RecipeBody,
  deps: BuildContext,
): Promise<StartResult> {
  const { client, emit } = deps;
  const { templateId, buildId } = build;
  const patience = client.retrier('POST start');
  const look = () => client.status(templateId, buildId, 0);

  // The last start that reached the service and got no proper answer.
  for (let lost: ServiceError | undefined; ; ) {
    try {
      await client.start(templateId, buildId, recipe);
      return 'started';
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (isNotWaiting(error)) {
        if (build.found && !lost) return 'not-ours';
        if (lost) tellLost(emit, lost);
        return 'started';
      }
      if (!isTransient(error)) throw error;
      if (!error.notSent) lost = error;
      if (isAmbiguous(error)) {
        const state = await look();
        if (brokeAtStart(error, state)) return 'failed';
        if (state.status !== 'waiting') {
          tellLost(emit, error);
          return 'started';
        }
      }
      await patience.backoff(error);
    }
  }
}

/** What a second start gets. */
function isNotWaiting({ status, said = '' }: ServiceError): boolean {
  return status === 400 && /not in waiting state/i.test(said);
}

/** The service writes the build off when it breaks between taking the recipe and running it. */
function brokeAtStart({ said = '' }: ServiceError, { status, reason }: BuildStatus): boolean {
  return (
    status === 'error' &&
    (/when starting template build/i.test(said) || /error when building env/i.test(reason?.message ?? ''))
  );
}

function tellLost(emit: BuildContext['emit'], { summary }: ServiceError): void {
  emit({
    type: 'notice',
    message: `The answer to the start was lost (${summary}), but the build waits for it no longer: going on.`,
  });
}
