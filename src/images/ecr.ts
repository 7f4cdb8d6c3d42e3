import { AwsV4Signer } from 'aws4fetch';
import { ask, type Line } from './ask.ts';
import type { Credentials } from './credentials.ts';
import { parseJson } from './json.ts';
import { NotKnown } from './not-known.ts';

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
}

/**
 * User and password for the registries of an AWS account, good for some hours
 * (https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html).
 * Rejects with {@link NotKnown}, or with the reason of the line's signal.
 *
 * @param endpoint - asked instead of the region's own
 */
export async function ecrCredentials(key: AwsKey, line: Line, endpoint?: URL): Promise<Credentials> {
  // The region becomes a part of the host that gets a signature.
  if (!/^[a-z]{2}(?:-[a-z0-9]+)+$/.test(key.region))
    throw new NotKnown('the region of its AWS credentials is not one, such as eu-central-1');
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
    throw new NotKnown(`${who} gave no token for the access key (${answer.status})`);
  if (answer.status !== 200) throw new NotKnown(`${who} answered ${answer.status}`);
  const given = parseJson(answer.body) as { authorizationData?: [{ authorizationToken?: unknown }?] } | null;
  const token = given?.authorizationData?.[0]?.authorizationToken;
  const [, username, password] =
    /^([^:]+):(.+)$/s.exec(Buffer.from(typeof token === 'string' ? token : '', 'base64').toString()) ?? [];
  if (!username || !password) throw new NotKnown(`${who} answered without a token`);
  return { username, password };
}
