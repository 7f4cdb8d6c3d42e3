import { namedAddress, registryName } from './address.ts';
import { type Answer, ask, type Line } from './ask.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { basicAuthorization, type CredentialsSource } from './credentials.ts';
import { parseJson } from './json.ts';
import { NotKnown } from './not-known.ts';
import type { ImageReference } from './reference.ts';
import { refusal } from './refusal.ts';

export interface Login {
  readonly reference: ImageReference;
  /** Where the registry was asked. */
  readonly address: URL;
  readonly credentials: CredentialsSource | undefined;
  readonly line: Line;
}

/**
 * The `Authorization` that a registry wants which answered 401: a token from where it says
 * (https://distribution.github.io/distribution/spec/auth/token/), else Basic. Rejects with {@link NotKnown}, or with
 * the reason of the line's signal.
 */
export async function authorize(refused: Answer, login: Login): Promise<string> {
  const who = registryName(login.reference);
  const challenges = parseChallenges(refused.header('www-authenticate') ?? '');
  const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
  if (bearer) return `Bearer ${await tokenFor(bearer, login)}`;
  if (!challenges.some(({ scheme }) => scheme === 'basic'))
    throw new NotKnown(`${who} answered 401 and offers no login that is known here`);
  if (!login.credentials) throw refusal(401, who, login);
  return basicAuthorization(await login.credentials(login.line));
}

async function tokenFor({ parameters }: Challenge, login: Login): Promise<string> {
  const { reference, address, credentials, line } = login;
  const registry = registryName(reference);
  // Relative to nothing: a realm is a whole address.
  const realm = parameters.get('realm') ?? '';
  const url = URL.canParse(realm) ? namedAddress(realm, address) : undefined;
  if (!url) throw new NotKnown(`${registry} names no address for tokens that is safe to ask`);
  const service = parameters.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  // The challenge has a scope as well, which may ask for more than reading.
  url.searchParams.set('scope', `repository:${reference.repository}:pull`);

  const who = `${url.host}, which gives the tokens of ${registry},`;
  const authorization = credentials && basicAuthorization(await credentials(line));
  const answer = await ask({ method: 'GET', url, headers: {}, authorization, most: 2 ** 20, who }, line);
  if (answer.status === 404) throw new NotKnown(`${who} answered 404`);
  if (answer.status !== 200) throw refusal(answer.status, who, login);
  const given = parseJson(answer.body) as { token?: unknown; access_token?: unknown } | null | undefined;
  if (given === undefined) throw new NotKnown(`${who} answered with something that is not JSON`);
  const token = [given?.token, given?.access_token].find((one) => typeof one === 'string' && one !== '');
  // What else it may hold has no place in a header.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new NotKnown(`${who} answered without a token`);
  return token;
}
