import { type Problem, quote } from '../problem.ts';
import type { LogLevel } from '../service/types.ts';
import { inputReader } from './read.ts';

/** The inputs of the build action, parsed. Keys are the inputs' names in camel case. */
export interface BuildInputs {
  /** Path as given; empty when the definition is to be discovered. */
  readonly template: string;
  /** Empty when the export is to be found. */
  readonly export: string;
  readonly name: string;
  /** As given; empty when the event decides. */
  readonly tags: readonly string[];
  readonly cpuCount: number;
  /** MiB. */
  readonly memoryMb: number;
  readonly skipCache: boolean;
  readonly wait: boolean;
  readonly retryWithoutCache: boolean;
  readonly timeoutMinutes: number;
  /** How the step ends when a newer build took the place of this one. */
  readonly onSuperseded: 'success' | 'failure';
  readonly logLevel: LogLevel;
  readonly summary: boolean;
  readonly workingDirectory: string;
  readonly connection: Connection;
}

/** How to reach the service. */
export interface Connection {
  /** Empty when there is none; a definition can be read and planned without. */
  readonly apiKey: string;
  readonly accessToken: string;
  /** Without a slash at the end. */
  readonly apiUrl: string;
}

const defaultDomain = 'us-phx-1.sandbox.novita.ai';

/** Domains of the service's first generation, which has no template API (the SDK keeps the same list). */
const legacyDomains = [
  'sandbox.novita.ai',
  'us-01.sandbox.novita.ai',
  'us-ga-01.sandbox.novita.ai',
  'us-ga-1.sandbox.novita.ai',
  'sandbox-dev.novita.ai',
  'us-01.sandbox-dev.novita.ai',
  'us-ga-01.sandbox-dev.novita.ai',
  'us-ca-1.sandbox-dev.novita.ai',
];

/**
 * Reads all inputs of the build action. Never throws: what is wrong is in `problems`, and the value stands as
 * its default, so that the definition can still be checked and every mistake named in one run.
 */
export function readBuildInputs(env: NodeJS.ProcessEnv): { inputs: BuildInputs; problems: Problem[] } {
  const reader = inputReader(env);
  const inputs: BuildInputs = {
    template: reader.text('template'),
    export: reader.text('export'),
    name: reader.text('name'),
    tags: reader.list('tags'),
    // Rules of the service, which would answer 400 after the name was claimed; a team's own maximum is its to say.
    cpuCount: reader.number('cpu-count', 2, {
      accepts: (value) =>
        value === 1 || (Number.isInteger(value) && value >= 2 && value <= 32 && value % 2 === 0),
      expected: '1 or an even number up to 32',
    }),
    memoryMb: reader.number('memory-mb', 1024, {
      accepts: (value) => Number.isInteger(value) && value >= 128 && value % 2 === 0,
      expected: 'an even number of MiB, at least 128',
    }),
    skipCache: reader.flag('skip-cache', false),
    wait: reader.flag('wait', true),
    retryWithoutCache: reader.flag('retry-without-cache', false),
    timeoutMinutes: reader.number('timeout-minutes', 60, {
      accepts: (value) => value > 0 && value <= 1440,
      expected: 'a number of minutes above 0, at most 1440',
    }),
    onSuperseded: reader.choice('on-superseded', ['success', 'failure'], 'success'),
    logLevel: reader.choice('log-level', ['debug', 'info', 'warn', 'error'], 'info'),
    summary: reader.flag('summary', true),
    workingDirectory: reader.text('working-directory') || '.',
    connection: readConnection(env, reader),
  };
  return { inputs, problems: [...reader.problems] };
}

function readConnection(env: NodeJS.ProcessEnv, reader: ReturnType<typeof inputReader>): Connection {
  const apiKey = reader.text('api-key', 'NOVITA_API_KEY');
  const accessToken = reader.text('access-token', 'NOVITA_ACCESS_TOKEN');
  if (apiKey === '') reader.reject('api-key', missingKey(env, accessToken));
  if (/[^\x21-\x7e]/.test(apiKey)) {
    reader.reject(
      'api-key',
      'holds a space, a line break or a character that no key has. Copy the key again.',
    );
  }

  const domain = reader.text('domain', 'NOVITA_DOMAIN') || defaultDomain;
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/i.test(domain)) {
    reader.reject(
      'domain',
      `found ${quote(domain)}, expected a host such as ${defaultDomain}, without https:// or a path.`,
    );
  } else if (legacyDomains.includes(domain.toLowerCase())) {
    reader.reject(
      'domain',
      `${domain} belongs to the first generation of the service, which has no template API. Use a region such as ${defaultDomain}.`,
    );
  }

  const debugUrl = env['NOVITA_DEBUG']?.toLowerCase() === 'true' ? 'http://localhost:3000' : '';
  const wanted = reader.text('api-url', 'NOVITA_API_URL') || debugUrl || `https://api.${domain}`;
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(wanted) ? wanted : `https://${wanted}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    reader.reject(
      'api-url',
      `found ${quote(wanted)}, expected an http or https address such as https://api.${defaultDomain}.`,
    );
  }
  return { apiKey, accessToken, apiUrl: withScheme.replace(/\/+$/, '') };
}

function missingKey(env: NodeJS.ProcessEnv, accessToken: string): string {
  const how = 'Add `api-key: ${{ secrets.NOVITA_API_KEY }}` to the step, or set NOVITA_API_KEY in its env.';
  if (accessToken !== '') {
    return `is empty; NOVITA_ACCESS_TOKEN is set, but builds need the API key, which is another credential. ${how}`;
  }
  if (env['E2B_API_KEY'] || env['E2B_ACCESS_TOKEN']) {
    return `is empty; there is a key for e2b in the environment, which this service does not take. ${how}`;
  }
  return `is empty, and NOVITA_API_KEY is not set. ${how} Secrets are not handed to runs of forks and of Dependabot.`;
}
