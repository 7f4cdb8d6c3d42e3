import { basicAuthorization, type CredentialsSource } from './credentials.ts';
import { namedAddress, registryName } from './endpoint.ts';
import { refusal, UnresolvedImageError } from './errors.ts';
import type { ImageReference } from './reference.ts';
import { ask, parseJson, type RegistryResponse, type RequestContext } from './request.ts';
import { type Challenge, parseChallenges } from './www-authenticate.ts';

export interface AuthContext {
  readonly reference: ImageReference;
  /** Where the registry was asked. */
  readonly address: URL;
  readonly credentials: CredentialsSource | undefined;
  readonly line: RequestContext;
}

/**
 * The `Authorization` that a registry wants which answered 401: a token from where it says
 * (https://distribution.github.io/distribution/spec/auth/token/), else Basic. Rejects with {@link UnresolvedImageError}, or with
 * the reason of the line's signal.
 */
export async function authorize(refused: RegistryResponse, login: AuthContext): Promise<string> {
  const who = registryName(login.reference);
  const challenges = parseChallenges(refused.header('www-authenticate') ?? '');
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer) return `Bearer ${await tokenFor(bearer, login)}`;
  if (!challenges.some(({ scheme }) => scheme === 'basic'))
    throw new UnresolvedImageError(`${who} answered 401 and offers no login that is known here`);
  if (!login.credentials) throw refusal(401, who, login);
  return basicAuthorization(await login.credentials(login.line));
}

async function tokenFor({ parameters }: Challenge, login: AuthContext): Promise<string> {
  const { reference, address, credentials, line } = login;
  const registry = registryName(reference);
  // Relative to nothing: a realm is a whole address.
  const realm = parameters.get('realm') ?? '';
  const url = URL.canParse(realm) ? namedAddress(realm, address) : undefined;
  if (!url) throw new UnresolvedImageError(`${registry} names no address for tokens that is safe to ask`);
  const service = parameters.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  // The challenge has a scope as well, which may ask for more than reading.
  url.searchParams.set('scope', `repository:${reference.repository}:pull`);

  const who = `${url.host}, which gives the tokens of ${registry},`;
  const authorization = credentials && basicAuthorization(await credentials(line));
  const answer = await ask({ method: 'GET', url, headers: {}, authorization, most: 2 ** 20, who }, line);
  if (answer.status === 404) throw new UnresolvedImageError(`${who} answered 404`);
  if (answer.status !== 200) throw refusal(answer.status, who, login);
  const given = parseJson(answer.body) as { token?: unknown; access_token?: unknown } | null | undefined;
  if (given === undefined) throw new UnresolvedImageError(`${who} answered with something that is not JSON`);
  const token = [given?.token, given?.access_token].find((one) => typeof one === 'string' && one !== '');
  // What else it may hold has no place in a header.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new UnresolvedImageError(`${who} answered without a token`);
  return token;
}
