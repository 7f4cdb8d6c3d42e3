import type { SmokeTestFailure } from '../../smoke-test/events.ts';
import type { Diagnosis } from './failure-classes.ts';

/** Explains why the test of a finished template did not pass. No other build would change that. */
export function diagnoseTest({ cause, status }: SmokeTestFailure): Diagnosis {
  if (cause === 'sandbox') {
    return {
      class: 'sandbox',
      what: 'The build is ready, and its test did not come to its end, for want of a sandbox.',
      advice: sandboxAdvice(status),
      retry: 'never',
    };
  }
  return {
    class: 'smoke-test',
    what: 'The build is ready, and its test did not pass.',
    advice: advice[cause],
    retry: 'never',
    // What is served and what runs is the work of the start command. A command stands in no file that is known here.
    ...(cause !== 'command' && { stepId: 'finalize' }),
  };
}

const advice: Readonly<Record<Exclude<SmokeTestFailure['cause'], 'sandbox'>, string>> = {
  command:
    'To run the command by hand, build without this test under another tag, and start a sandbox of that build. Or change the test.',
  'start-command':
    'Look what the start command prints before it ends, and let it run in the foreground or give a ready command that tells that its service runs.',
  url: 'Check that the start command serves this port on 0.0.0.0, or change test-url. A server that needs longer to answer needs a longer test-timeout.',
};

function sandboxAdvice(status: number | undefined): string {
  switch (status) {
    case 400:
      return 'The service refuses such a sandbox, and would again. If the time is what it refuses, lower test-timeout.';
    case 401:
    case 403:
      return 'The key may build templates and not start sandboxes. Use one that may.';
    case 429:
      return 'End sandboxes of the team that nobody needs, raise test-timeout, or ask the service for a higher limit. Then run this job again.';
    default:
      return 'That says nothing about the template. Run this job again.';
  }
}
