import { describe, expect, test } from 'vitest';
import type { Definition } from '../../src/definition/definition.ts';
import { definitionSecrets, registrySecrets } from '../../src/definition/secrets.ts';

type Registry = Definition['recipe']['fromImageRegistry'];

/** A definition whose base image needs this registry. */
function definition(fromImageRegistry: Registry): Definition {
  return {
    file: '/repository/template.ts',
    kind: 'module',
    exportName: 'template',
    settings: {},
    notices: [],
    sdk: { from: 'action', version: '2.1.1' },
    recipe: { fromImage: 'registry.example/app:1', ...(fromImageRegistry && { fromImageRegistry }) },
    steps: [],
    sources: {},
    contextDirectory: '/repository',
    ignorePatterns: [],
    warnings: [],
  };
}

const account = JSON.stringify({ client_email: 'a@example.com', private_key: 'the key' });

/** As a registry of Google's gets it. */
const login = (json: string) => Buffer.from(`_json_key:${json}`).toString('base64');

describe('what opens a registry is secret, and its other fields are not', () => {
  test.each<[field: string, registry: NonNullable<Registry>, secrets: string[]]>([
    [
      'password',
      { type: 'registry', username: 'user', password: 'pass' },
      ['pass', Buffer.from('user:pass').toString('base64')],
    ],
    [
      'awsAccessKeyId',
      { type: 'aws', awsAccessKeyId: 'id', awsSecretAccessKey: '', awsRegion: 'eu-west-1' },
      ['id', ''],
    ],
    [
      'awsSecretAccessKey',
      { type: 'aws', awsAccessKeyId: '', awsSecretAccessKey: 'secret', awsRegion: 'eu-west-1' },
      ['', 'secret'],
    ],
    ['serviceAccountJson', { type: 'gcp', serviceAccountJson: account }, [account, login(account)]],
    [
      'serviceAccountJson that is no JSON',
      { type: 'gcp', serviceAccountJson: 'no JSON' },
      ['no JSON', login('no JSON')],
    ],
    [
      'serviceAccountJson without a key',
      { type: 'gcp', serviceAccountJson: '{"private_key":1}' },
      ['{"private_key":1}', login('{"private_key":1}')],
    ],
    [
      'privateKey',
      { type: 'oci', tenancyOcid: 'tenancy', userOcid: 'user', fingerprint: 'aa:bb', privateKey: 'PEM' },
      ['PEM'],
    ],
    ['accessKeyId', { type: 'huawei', accessKeyId: 'id', region: 'cn-north-4' }, ['id']],
    ['secretAccessKey', { type: 'huawei', secretAccessKey: 'secret', region: 'cn-north-4' }, ['secret']],
  ])('%s', (_, registry, secrets) => {
    expect(registrySecrets(definition(registry))).toEqual(secrets);
  });

  test('a token in an address of a step, or of a command, unless it could be a word', () => {
    const run = (command: string) => ({ wire: { type: 'RUN', args: [command] } });
    const recipe = { fromImage: 'a', startCmd: 'serve https://u:0123456789abcdef@host' };
    const steps = [
      run('git clone https://x-access-token:ghs_16C7e42F292c6912E7@github.com/o/r'),
      run('psql postgres://postgres:postgres@db && curl https://a-long-password:$TOKEN@host'),
    ];
    expect(definitionSecrets({ ...definition(undefined), recipe, steps })).toEqual([
      'ghs_16C7e42F292c6912E7',
      '0123456789abcdef',
    ]);
  });

  test('a public image has none', () => {
    expect(registrySecrets(definition(undefined))).toEqual([]);
  });
});
