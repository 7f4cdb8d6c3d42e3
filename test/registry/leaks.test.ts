import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageRegistry } from '../../src/api/types.ts';
import { openNetwork } from '../../src/http/network.ts';
import { redactor } from '../../src/redact/redact.ts';
import { resolveImage } from '../../src/registry/resolve-digest.ts';
import { hostileText } from '../support/hostile-text.ts';
import { type RegistryAnswer, type RegistryServer, startRegistry } from '../support/registry-server.ts';

const network = openNetwork({});
let registry: RegistryServer;
beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(async () => {
  await network.destroy();
  await registry.close();
});

const password = 'a-password-of-this-test';
const token = 'a-token-of-this-test';
const credentials: ImageRegistry[] = [
  { type: 'registry', username: 'someone', password },
  { type: 'gcp', serviceAccountJson: password },
  { type: 'aws', awsAccessKeyId: 'id', awsSecretAccessKey: password, awsRegion: 'eu-central-1' },
  { type: 'huawei', accessKeyId: 'id', secretAccessKey: password, region: 'r' },
  { type: 'oci', privateKey: password },
];

/** What a server can write that was given a secret. */
const said = fc.oneof(
  hostileText(),
  fc.constantFrom(password, token, `https://u:${password}@r.example/`, `/${token}`, '%0a::error::'),
);
const headerValue = said.map((text) => text.replace(/[^\t\x20-\x7e]/g, ''));
const answer = fc.record({
  // Those that are repeated would be waited for.
  status: fc.constantFrom(200, 200, 301, 307, 400, 401, 403, 404, 405, 429, 501),
  body: fc.oneof(
    said,
    fc.record({ token: said, schemaVersion: fc.nat(3) }).map((body) => JSON.stringify(body)),
  ),
  headers: fc.record(
    {
      location: headerValue,
      'docker-content-digest': headerValue,
      'www-authenticate': fc.oneof(
        headerValue,
        headerValue.map((text) => `Bearer realm="${text}"`),
        headerValue.map((text) => `Bearer realm="http://${registry.host}/token",service="${text}"`),
        headerValue.map((text) => `Basic realm="${text}"`),
      ),
      'retry-after': fc.constant('60'),
    },
    { requiredKeys: ['retry-after'] },
  ),
});

test('whatever a server answers, a message is one short printable line without a secret', async () => {
  const secrets = redactor([password, token]);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(undefined, ...credentials),
      fc.array(answer, { minLength: 1, maxLength: 4 }),
      async (given, answers) => {
        const before = registry.requests.length;
        registry.intercept = (request, earlier): RegistryAnswer => {
          // A redirect leads to the same server.
          const next = answers[(earlier - before) % answers.length] as RegistryAnswer;
          return request.path.startsWith('/token') && earlier % 2
            ? { status: 200, body: JSON.stringify({ token }) }
            : next;
        };
        const found = await resolveImage(`${registry.host}/a/b:1`, given, {
          network,
          signal: new AbortController().signal,
          ecrEndpoint: new URL(`http://${registry.host}/ecr`),
        });
        if (found.ok) {
          expect(found.value).toMatch(/^sha256:[0-9a-f]{64}$/);
          return;
        }
        expect(found.reason).toMatch(/^[\x20-\x7e]{1,500}$/);
        expect(found.reason).not.toMatch(/::|##\[/);
        expect(secrets(found.reason)).toBe(found.reason);
      },
    ),
    { numRuns: 200 },
  );
});
