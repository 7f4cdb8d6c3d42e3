import { createHmac } from 'node:crypto';
import { AwsV4Signer } from 'aws4fetch';
import * as v from 'valibot';
import type { ImageRegistry } from '../api/types.ts';
import { UnresolvedImageError } from './errors.ts';
import { parseBody, type RequestContext, sendRequest } from './request.ts';

/** User and password for a registry, or for the server that gives its tokens. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Gets the credentials when a registry asks for them. */
export type CredentialsSource = (context: RequestContext) => Credentials | Promise<Credentials>;

/**
 * Turns a definition's credentials into a user and a password. Sends nothing before the source is called. Throws {@link
 * UnresolvedImageError} for credentials that no registry accepts.
 *
 * @param ecrEndpoint - used instead of Amazon's own
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
      return (context) => ecrCredentials(key, context, ecrEndpoint);
    }
    case 'huawei': {
      // The long-term login of SWR: https://support.huaweicloud.com/intl/en-us/usermanual-swr/swr_01_1000.html
      const id = field('accessKeyId');
      const password = createHmac('sha256', field('secretAccessKey')).update(id).digest('hex');
      const basic = { username: `${field('region')}@${id}`, password };
      return () => basic;
    }
    case 'oci':
      throw new UnresolvedImageError('registries of Oracle Cloud do not accept an API signing key');
    default:
      throw new UnresolvedImageError('this action does not support its kind of registry credentials');
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

const ecrTokens = v.object({
  authorizationData: v.looseTuple([v.object({ authorizationToken: v.string() })]),
});

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/**
 * User and password for the registries of an AWS account, good for some hours
 * (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html).
 * Rejects with {@link UnresolvedImageError}, or with the reason of the context's signal.
 *
 * @param endpoint - used instead of the region's own
 */
export async function ecrCredentials(
  key: AwsKey,
  context: RequestContext,
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
  const server = `Amazon ECR in ${key.region}`;
  const response = await sendRequest(
    { method: 'POST', url: signed.url, headers, authorization, body: '{}', maxBytes: 2 ** 20, server },
    context,
  );
  // AWS answers 400 to a wrong key, as to any bad request.
  if (response.status >= 400 && response.status < 500 && response.status !== 429)
    throw new UnresolvedImageError(`${server} gave no token for the access key (${response.status})`);
  if (response.status !== 200) throw new UnresolvedImageError(`${server} answered ${response.status}`);
  const token = parseBody(ecrTokens, response)?.authorizationData[0].authorizationToken ?? '';
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(token, 'base64').toString()) ?? [];
  if (!username || !password) throw new UnresolvedImageError(`${server} answered without a token`);
  return { username, password };
}
