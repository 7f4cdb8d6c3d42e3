import { documentedSizes, nearestSize, sizeInInputs } from '../../api/sandbox-size.ts';
import type { RequestFailure } from '../../http/errors.ts';
import type { PartialPlan } from '../../plan/plan.ts';
import type { Diagnosis, FailureClass } from './failure-classes.ts';

interface RequestRule {
  readonly class: FailureClass;
  readonly kind?: RequestFailure['kind'];
  /** The status, or one of these. */
  readonly status?: number | readonly number[];
  readonly said?: RegExp;
  readonly request?: RegExp;
  readonly what: string;
  readonly advice: string | ((failure: RequestFailure, plan: PartialPlan | undefined) => string);
}

/** Rules for failed requests. The first match counts. */
const requestRules: readonly RequestRule[] = [
  {
    class: 'upload',
    request: /^PUT/,
    what: 'The files of a COPY could not be uploaded.',
    advice:
      'Run the job again. If it fails again, check that this runner may reach the store of the service, and keep large files out of COPY with .dockerignore.',
  },
  {
    class: 'api-key',
    status: 401,
    what: 'The service does not know the API key.',
    advice: ({ host }) =>
      `Check that the secret holds the whole key, and that domain or api-url (${host ?? 'the service'}) names the region it belongs to.`,
  },
  {
    class: 'resource-limits',
    status: [400, 422],
    said: /\b(?:v?cpus?|cpu ?count|memory|memory ?mb|ram|mib|gib)\b/i,
    what: 'CPU or memory are outside of what the service allows.',
    advice: (_, plan) => limitsAdvice(plan),
  },
  {
    class: 'name-taken',
    status: [403, 409],
    said: /already (?:used|in use|taken|exists)/i,
    what: 'The name is taken by another template.',
    advice: 'Choose another name. If the other template is yours, use the API key of its team.',
  },
  {
    class: 'name-invalid',
    status: 400,
    said: /invalid name|name is required|invalid tag|namespace .{0,80} must match/i,
    what: 'The service does not accept this name or tag.',
    advice: 'Check the inputs name and tags. A name may have the slug of your own team in front: team/name.',
  },
  {
    class: 'wrong-region',
    status: 404,
    said: /no matching operation/i,
    what: 'There is no template API at this address.',
    advice: 'Check domain and api-url: the first generation of the service (sandbox.novita.ai) has none.',
  },
  {
    class: 'template-deleted',
    status: 404,
    said: /has been deleted/i,
    what: 'The template of this name was deleted and cannot be built again.',
    advice: 'Choose another name.',
  },
  {
    class: 'build-not-found',
    status: [400, 404],
    said: /build .{0,80} not found/i,
    what: 'The service no longer finds this build: its last tag was removed while it ran, or moved to another template.',
    advice: 'Give each build a tag that nothing removes before the build has ended.',
  },
  {
    class: 'forbidden',
    status: 403,
    what: 'The API key is valid, but may not do this.',
    advice: 'Check that the template belongs to the team of this key, and that the team is not blocked.',
  },
  {
    class: 'concurrency-limit',
    status: 429,
    said: /concurrent .{0,40}builds/i,
    what: 'The team is at its limit of concurrent builds.',
    advice: 'Wait for them, or run fewer at a time with concurrency: or max-parallel: in the workflow.',
  },
  {
    class: 'rate-limit',
    status: 429,
    what: 'The service limits how many requests it accepts.',
    advice: 'Run the job again later.',
  },
  {
    class: 'service-error',
    kind: 'refused',
    status: [500, 501, 502, 503, 504],
    what: 'The service has an internal problem.',
    advice: 'Run the job again later.',
  },
  {
    class: 'request-refused',
    kind: 'refused',
    what: 'The service refused the request.',
    advice: 'Its message says why.',
  },
  {
    class: 'service-unreachable',
    kind: 'unreachable',
    what: 'The service could not be reached.',
    advice:
      'Check domain and api-url, the network of this runner and its proxy (HTTPS_PROXY, NO_PROXY), then run the job again.',
  },
  {
    class: 'service-unreachable',
    kind: 'timeout',
    what: 'The service did not answer in time.',
    advice: 'Check the network of this runner and its proxy, then run the job again.',
  },
  {
    class: 'service-answer',
    what: 'The response is not what the API of the service promises.',
    advice: 'Check that domain or api-url names the service itself, and that no proxy responds in its place.',
  },
];

/** Explains a failed request; with `plan`, the advice on limits names the requested size. */
export function diagnoseRequest(failure: RequestFailure, plan?: PartialPlan): Diagnosis {
  const rule = requestRules.find((candidate) => matches(candidate, failure));
  if (!rule)
    return {
      class: 'unknown',
      what: 'A request to the service failed.',
      advice: 'Run the job again.',
      retry: 'never',
    };
  const { what, advice } = rule;
  return {
    class: rule.class,
    what,
    advice: typeof advice === 'function' ? advice(failure, plan) : advice,
    retry: 'never',
  };
}

function matches(rule: RequestRule, failure: RequestFailure): boolean {
  const { kind, status, said, request } = rule;
  return (
    (kind === undefined || kind === failure.kind) &&
    (status === undefined || [status].flat().includes(failure.status ?? 0)) &&
    (said === undefined || said.test(failure.said?.slice(0, 4000) ?? '')) &&
    (request === undefined || request.test(failure.request))
  );
}

/** The documented limits, with the requested size and the nearest valid one. */
function limitsAdvice(plan: PartialPlan | undefined): string {
  const rules = `Documented are ${documentedSizes}, and both up to the maximum of your team.`;
  const { cpuCount, memoryMb } = plan ?? {};
  if (cpuCount === undefined || memoryMb === undefined) return rules;
  const requested = `The requested size is ${sizeInInputs({ cpuCount, memoryMb })}.`;
  const nearest = nearestSize({ cpuCount, memoryMb });
  const isOther = nearest && (nearest.cpuCount !== cpuCount || nearest.memoryMb !== memoryMb);
  return `${requested} ${rules}${isOther ? ` The nearest such size is ${sizeInInputs(nearest)}.` : ''}`;
}
