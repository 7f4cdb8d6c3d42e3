import { createHmac } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import type { ImageRegistry } from '../api/types.ts';
import { UnresolvedImageError } from './errors.ts';
import { ask, parseJson, type RequestContext } from './request.ts';

/** What a registry, or whoever gives its tokens, is told by Basic authentication. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Asks for credentials when a registry wants some. */
export type CredentialsSource = (line: RequestContext) => Credentials | Promise<Credentials>;

/**
 * How a definition's credentials become a user and a password. Nothing is asked before the source is called.
 * Throws {@link UnresolvedImageError} for credentials that no registry takes.
 *
 * @param ecrEndpoint - asked instead of Amazon's own
 */
export function credentialsSource(registry: ImageRegistry, ecrEndpoint?: URL): CredentialsSource {
  const field = fieldsOf(registry);
  switch (registry.type) {
    case 'registry': {
      const basic = { username: field('username'), password: field('password') };
      return () => basic;
    }
    case 'gcp': {
      // https://cloud.google.com/artifact-registry/docs/docker/authentication#json-key
      const basic = { username: '_json_key', password: field('serviceAccountJson') };
      return () => basic;
    }
    case 'aws': {
      const key = {
        accessKeyId: field('awsAccessKeyId'),
        secretAccessKey: field('awsSecretAccessKey'),
        region: field('awsRegion'),
      };
      return (line) => ecrCredentials(key, line, ecrEndpoint);
    }
    case 'huawei': {
      // The long-term login of SWR: https://support.huaweicloud.com/intl/en-us/usermanual-swr/swr_01_1000.html
      const id = field('accessKeyId');
      const password = createHmac('sha256', field('secretAccessKey')).update(id).digest('hex');
      const basic = { username: `${field('region')}@${id}`, password };
      return () => basic;
    }
    case 'oci':
      throw new UnresolvedImageError('registries of Oracle Cloud cannot be asked with an API signing key');
    default:
      throw new UnresolvedImageError('the kind of its registry credentials is not known here');
  }
}

/** The value of an `Authorization` header. */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function fieldsOf(registry: ImageRegistry): (name: string) => string {
  return (name) => {
    const value = (registry as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new UnresolvedImageError(`its registry credentials have no ${name}`);
  };
}

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/**
 * User and password for the registries of an AWS account, good for some hours
 * (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html).
 * Rejects with {@link UnresolvedImageError}, or with the reason of the line's signal.
 *
 * @param endpoint - asked instead of the region's own
 */
export async function ecrCredentials(
  key: AwsKey,
  line: RequestContext,
  endpoint?: URL,
): Promise<Credentials> {
  // The region becomes a part of the host that gets a signature.
  if (!/^[a-z]{2}(?:-[a-z0-9]+)+$/.test(key.region))
    throw new UnresolvedImageError('the region of its AWS credentials is not one, such as eu-central-1');
  const host = `api.ecr.${key.region}.amazonaws.com${key.region.startsWith('cn-') ? '.cn' : ''}`;
  const signed = await new AwsV4Signer({
    ...key,
    service: 'ecr',
    method: 'POST',
    url: String(endpoint ?? `https://${host}/`),
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
    },
    body: '{}',
  }).sign();
  const { authorization, ...headers } = Object.fromEntries(signed.headers);
  const who = `Amazon ECR in ${key.region}`;
  const answer = await ask(
    { method: 'POST', url: signed.url, headers, authorization, body: '{}', most: 2 ** 20, who },
    line,
  );
  // A wrong key is a 400 here, like everything that AWS does not like about a request.
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 429)
    throw new UnresolvedImageError(`${who} gave no token for the access key (${answer.status})`);
  if (answer.status !== 200) throw new UnresolvedImageError(`${who} answered ${answer.status}`);
  const given = parseJson(answer.body) as { authorizationData?: [{ authorizationToken?: unknown }?] } | null;
  const token = given?.authorizationData?.[0]?.authorizationToken;
  const [, username, password] =
    /^([^:]+):(.+)$/s.exec(Buffer.from(typeof token === 'string' ? token : '', 'base64').toString()) ?? [];
  if (!username || !password) throw new UnresolvedImageError(`${who} answered without a token`);
  return { username, password };
}
