import { quote } from '../problem.ts';
import type { InputReader } from './reader.ts';

/** How to reach the service. */
export interface Connection {
  /** Empty without a key. A definition can be planned without one. */
  readonly apiKey: string;
  readonly accessToken: string;
  /** Without a slash at the end. */
  readonly apiUrl: string;
  /** Where sandboxes are reached, unless the service names another domain for one: `us-phx-1.sandbox.novita.ai`. */
  readonly domain: string;
  /** The one address of all sandboxes, in place of one for each, as the SDK's `NOVITA_SANDBOX_URL` has it. */
  readonly sandboxUrl?: string;
  /** Sandboxes are reached at `localhost`, as with the SDK's `NOVITA_DEBUG`. */
  readonly isDebug?: true;
  /** Set for the embedded service of this run: it is reached past any proxy. */
  readonly isHere?: true;
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
 * Reads how to reach the service from the inputs `api-key`, `domain` and `api-url` and from the SDK's own variables.
 *
 * @param keyOptional - whether a missing key is no mistake
 */
export function readConnection(
  env: NodeJS.ProcessEnv,
  reader: InputReader,
  { keyOptional = false } = {},
): Connection {
  const apiKey = written(reader.text('api-key', 'NOVITA_API_KEY'));
  const accessToken = (env['NOVITA_ACCESS_TOKEN'] ?? '').trim();
  if (apiKey === '' && !keyOptional) reader.reject('api-key', missingKey(env, accessToken));
  if (/[^\x21-\x7e]/.test(apiKey)) {
    reader.reject(
      'api-key',
      'has a space, a line break or another character that keys never have. Copy the key again.',
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
  const sandboxUrl = (env['NOVITA_SANDBOX_URL'] ?? '').trim().replace(/\/+$/, '');
  return {
    ...{ apiKey, accessToken, apiUrl: withScheme.replace(/\/+$/, ''), domain },
    ...(sandboxUrl && { sandboxUrl }),
    ...(debugUrl && { isDebug: true }),
  };
}

/** Azure Pipelines leaves `$(NAME)` where it has no such variable, as in the run of a fork. */
function written(value: string): string {
  return /^\$\([^()]*\)$/.test(value) ? '' : value;
}

function missingKey(env: NodeJS.ProcessEnv, accessToken: string): string {
  const how = 'Add `api-key: ${{ secrets.NOVITA_API_KEY }}` to the step, or set NOVITA_API_KEY in its env.';
  if (accessToken !== '') {
    return `is empty; NOVITA_ACCESS_TOKEN is set, but builds need the API key, which is another credential. ${how}`;
  }
  if (env['E2B_API_KEY'] || env['E2B_ACCESS_TOKEN']) {
    return `is empty; the environment has a key for e2b, which this service does not accept. ${how}`;
  }
  return `is empty, and NOVITA_API_KEY is not set. ${how} Runs of forks and of Dependabot get no secrets.`;
}
