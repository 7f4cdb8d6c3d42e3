import { createHash, createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ImageRegistry } from '../../src/api/types.ts';
import { openNetwork } from '../../src/http/network.ts';
import { resolveImage } from '../../src/registry/resolve-digest.ts';
import {
  type RegistryAnswer,
  type RegistryServer,
  resolved,
  startRegistry,
  unresolved,
} from '../support/registry-server.ts';

const network = openNetwork({});
afterAll(() => network.destroy());

let registry: RegistryServer;
/** In Amazon's place. */
let amazon: RegistryServer;
beforeEach(async () => {
  [registry, amazon] = await Promise.all([startRegistry(), startRegistry()]);
});
afterEach(() => Promise.all([registry.close(), amazon.close()]));

const sent = (username: string, password: string) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

const resolve = (credentials: ImageRegistry) =>
  resolveImage(`${registry.host}/a/b:1`, credentials, {
    network,
    signal: new AbortController().signal,
    ecrEndpoint: new URL(`http://${amazon.host}/`),
  });

describe('credentials of', () => {
  const usedOf = async (credentials: ImageRegistry) => {
    registry.login = { kind: 'basic', username: 'x', password: 'y' };
    await resolve(credentials);
    return registry.requests.at(-1)?.authorization;
  };

  test('Google are a key as it is', async () => {
    const serviceAccountJson = '{\n  "type": "service_account"\n}';
    expect(await usedOf({ type: 'gcp', serviceAccountJson })).toBe(sent('_json_key', serviceAccountJson));
  });

  test('Huawei are signed with the secret key', async () => {
    const key = { accessKeyId: 'AKEXAMPLE', secretAccessKey: 'sk-example', region: 'cn-north-4' };
    const password = createHmac('sha256', 'sk-example').update('AKEXAMPLE').digest('hex');
    expect(await usedOf({ type: 'huawei', ...key })).toBe(sent('cn-north-4@AKEXAMPLE', password));
  });

  test.each<[string, ImageRegistry, string]>([
    [
      'Oracle',
      { type: 'oci', privateKey: 'x' },
      'registries of Oracle Cloud do not accept an API signing key',
    ],
    [
      'of an unknown kind',
      { type: 'else' } as unknown as ImageRegistry,
      'this action does not support its kind of registry credentials',
    ],
    [
      'a user alone',
      { type: 'registry', username: 'x', password: '' },
      'its registry credentials have no password',
    ],
    [
      'without a key of Huawei',
      { type: 'huawei', accessKeyId: 'x' },
      'its registry credentials have no secretAccessKey',
    ],
  ])('%s are not tried', async (_, credentials, reason) => {
    expect(await resolve(credentials)).toEqual(unresolved(reason));
    expect(registry.requests).toEqual([]);
  });
});

describe('credentials of AWS', () => {
  const aws = {
    type: 'aws' as const,
    awsAccessKeyId: 'AKIDEXAMPLE',
    awsSecretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    awsRegion: 'eu-central-1',
  };
  const token = Buffer.from('AWS:the-password').toString('base64');

  beforeEach(() => {
    registry.login = { kind: 'basic', username: 'AWS', password: 'the-password' };
  });

  test('are changed for a password when the registry wants one', async () => {
    amazon.intercept = () => ({
      status: 200,
      body: JSON.stringify({ authorizationData: [{ authorizationToken: token }] }),
    });
    const digest = registry.push('a/b', '1');
    expect(await resolve(aws)).toEqual(resolved(digest));
    const [request] = amazon.requests;
    expect(`${request?.method} ${request?.path}`).toBe('POST /');
    expect(request?.headers).toMatchObject({
      'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      'content-type': 'application/x-amz-json-1.1',
      'content-length': '2',
    });
    expect(request?.authorization).toBe(signatureOf(request?.headers ?? {}, '{}', aws.awsSecretAccessKey));

    registry.login = undefined;
    expect(await resolve(aws)).toEqual(resolved(digest));
    expect(amazon.requests).toHaveLength(1);
  });

  test.each<[string, RegistryAnswer, string]>([
    ['refuses', { status: 400, body: '{}' }, 'gave no token for the access key (400)'],
    ['has a limit', { status: 429, headers: { 'retry-after': '60' } }, 'answered 429'],
    ['leads away', { status: 307, headers: { location: '/x' } }, 'answered 307'],
    ['is a page', { status: 200, body: '<html>' }, 'answered without a token'],
    ['has none', { status: 200, body: '{"authorizationData":[]}' }, 'answered without a token'],
    [
      'has half of one',
      { status: 200, body: '{"authorizationData":[{"authorizationToken":"QVdT"}]}' },
      'answered without a token',
    ],
  ])('are of no use where Amazon %s', async (_, answer, reason) => {
    amazon.intercept = () => answer;
    expect(await resolve(aws)).toEqual(unresolved(`Amazon ECR in eu-central-1 ${reason}`));
    expect(registry.requests).toHaveLength(1);
  });

  test.each(['eu', 'evil.example/', 'eu-central-1.evil.example#', 'eu-central-1\n', 'EU-CENTRAL-1'])(
    'of the region %j go nowhere',
    async (awsRegion) => {
      expect(await resolve({ ...aws, awsRegion })).toEqual(
        unresolved('the region of its AWS credentials is not one, such as eu-central-1'),
      );
      expect(amazon.requests).toEqual([]);
    },
  );
});

/** Signature Version 4 of a POST of `/`, as Amazon computes it from what arrived. */
function signatureOf(headers: IncomingHttpHeaders, body: string, secretKey: string): string {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const signed = ['host', 'x-amz-date', 'x-amz-target'];
  const time = String(headers['x-amz-date']);
  const scope = [time.slice(0, 8), 'eu-central-1', 'ecr', 'aws4_request'];
  const canonical = [
    ...['POST', '/', '', ...signed.map((name) => `${name}:${headers[name]}`), ''],
    ...[signed.join(';'), hash(body)],
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), hash(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
  const signature = hmac(key, toSign).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope.join('/')}, SignedHeaders=${signed.join(';')}, Signature=${signature}`;
}
