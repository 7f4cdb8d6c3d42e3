import * as v from 'valibot';
import { parseJson } from '../json.ts';
import { basicAuthorization, type CredentialsSource } from './credentials.ts';
import { namedAddress, registryName } from './endpoint.ts';
import { refusal, UnresolvedImageError } from './errors.ts';
import type { ImageReference } from './reference.ts';
import { type RegistryResponse, type RequestContext, sendRequest } from './request.ts';
import { type Challenge, parseChallenges } from './www-authenticate.ts';

export interface AuthContext extends RequestContext {
  readonly reference: ImageReference;
  /** Base URL of the registry. */
  readonly address: URL;
  readonly credentials: CredentialsSource | undefined;
}

const optionalText = v.fallback(v.optional(v.string()), undefined);
const tokenBody = v.fallback(v.object({ token: optionalText, access_token: optionalText }), {});

/**
 * The `Authorization` for a registry that answered 401: a token from the server that it names
 * (https://distribution.github.io/distribution/spec/auth/token/), or Basic. Rejects with {@link UnresolvedImageError},
 * or with the reason of the context's signal.
 */
export async function authorize(unauthorized: RegistryResponse, context: AuthContext): Promise<string> {
  const server = registryName(context.reference);
  const challenges = parseChallenges(unauthorized.header('www-authenticate') ?? '');
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer) return `Bearer ${await fetchToken(bearer, context)}`;
  if (!challenges.some(({ scheme }) => scheme === 'basic'))
    throw new UnresolvedImageError(`${server} answered 401 and offers no login that this action supports`);
  if (!context.credentials) throw refusal(401, server, context);
  return basicAuthorization(await context.credentials(context));
}

async function fetchToken({ parameters }: Challenge, context: AuthContext): Promise<string> {
  const { reference, address, credentials } = context;
  const registry = registryName(reference);
  // A realm must be an absolute address.
  const realm = parameters.get('realm') ?? '';
  const url = URL.canParse(realm) ? namedAddress(realm, address) : undefined;
  if (!url) throw new UnresolvedImageError(`${registry} names no safe address for tokens`);
  const service = parameters.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  // The challenge has a scope as well, which may ask for more than reading.
  url.searchParams.set('scope', `repository:${reference.repository}:pull`);

  const server = `${url.host}, which gives the tokens of ${registry},`;
  const authorization = credentials && basicAuthorization(await credentials(context));
  const request = { method: 'GET', url, headers: {}, authorization, maxBytes: 2 ** 20, server } as const;
  const response = await sendRequest(request, context);
  if (response.status === 404) throw new UnresolvedImageError(`${server} answered 404`);
  if (response.status !== 200) throw refusal(response.status, server, context);
  const body = parseJson(response.body.toString());
  if (body === undefined)
    throw new UnresolvedImageError(`${server} answered with something that is not JSON`);
  const { token: first, access_token: second } = v.parse(tokenBody, body);
  const token = first || second;
  // No other characters may be in a header.
  if (!token || !/^[\x21-\x7e]+$/.test(token))
    throw new UnresolvedImageError(`${server} answered without a token`);
  return token;
}
