import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ask, buildPath, register, serviceStarter, start } from '../support/service-client.ts';

const startService = serviceStarter();
const NO_UUID = 'not-a-uuid';
const UUID = '0e984725-c51c-4bf4-9960-e1c80e27aba0';
const TEXT_OF_429 =
  'you have reached the maximum number of concurrent template builds (1). Please wait for existing builds to ' +
  'complete or contact support if you need more concurrent builds.';

describe('what the API refuses', () => {
  test.each<[string, unknown, number, string | RegExp]>([
    ['no name', {}, 400, 'Name is required'],
    ['empty name', { name: ' ' }, 400, 'Name is required'],
    ['dot in the name', { name: 'my.app' }, 400, 'Invalid name: invalid template ID: my.app'],
    ['nothing but a tag', { name: ':v1' }, 400, 'Invalid name: invalid template ID: '],
    ['two slashes', { name: 'local/a/b' }, 400, 'Invalid name: invalid template ID: a/b'],
    ['bad namespace', { name: 'a b/c' }, 400, 'Invalid name: invalid namespace: a b'],
    ['bad tag in the name', { name: 'app:v 1' }, 400, 'Invalid name: invalid tag: v 1'],
    ['two tags in the name', { name: 'app:a:b' }, 400, 'Invalid name: invalid tag: a:b'],
    ['foreign namespace', { name: 'them/app' }, 400, "namespace 'them' must match your team 'local'"],
    ['bad tag', { name: 'app', tags: ['a/b'] }, 400, "Invalid tag: invalid tag 'a/b': invalid tag: a/b"],
    ['empty tag', { name: 'app', tags: [''] }, 400, "Invalid tag: invalid tag '': invalid tag: "],
    [
      'UUID as tag',
      { name: 'app', tags: [UUID] },
      400,
      `Invalid tag: invalid tag '${UUID}': tag cannot be a UUID`,
    ],
    ['UUID as tag in the name', { name: `app:${UUID}` }, 400, /tag cannot be a UUID/],
    ['34 CPUs', { name: 'app', cpuCount: 34 }, 400, 'CPU count must be at most 32'],
    ['odd CPUs', { name: 'app', cpuCount: 3 }, 400, 'CPU count must be 1 or an even number'],
    [
      'CPUs above the team',
      { name: 'app', cpuCount: 10 },
      400,
      /^CPU count can't be higher than 8 \(if you need/,
    ],
    ['odd memory', { name: 'app', memoryMB: 1025 }, 400, 'Memory must be divisible by 2'],
    [
      'memory above the team',
      { name: 'app', memoryMB: 8194 },
      400,
      /^Memory can't be higher than 8192 MiB \(if/,
    ],
    [
      'no CPU',
      { name: 'app', cpuCount: 0 },
      400,
      /^validation error: .*Error at "\/cpuCount": number must be at least 1/,
    ],
    ['little memory', { name: 'app', memoryMB: 64 }, 400, /^validation error: .*number must be at least 128/],
    ['half a CPU', { name: 'app', cpuCount: 1.5 }, 400, /^validation error: .*value must be an integer/],
    ['name as number', { name: 7 }, 400, /^validation error: .*Error at "\/name": value must be a string/],
    [
      'tags as text',
      { name: 'app', tags: 'v1' },
      400,
      /^validation error: .*"\/tags": value must be an array/,
    ],
    [
      'tag as number',
      { name: 'app', tags: ['a', 1] },
      400,
      /^validation error: .*"\/tags\/1": value must be a string/,
    ],
    ['null', { name: null }, 400, /^validation error: .*Value is not nullable/],
    ['a list', [], 400, /^validation error: .*value must be an object/],
    ['no JSON', '{"name":', 400, /^validation error: .*failed to decode request body/],
  ])('registering with %s', async (_what, body, code, message) => {
    const service = await startService();
    const answer = await ask(service, 'POST', '/v3/templates', body);
    expect(answer.status).toBe(code);
    expect(answer.body).toEqual({
      code,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    });
    expect(service.inspect.templates()).toEqual([]);
  });

  test('a body without the JSON content type, and one of more than 16 MiB', async () => {
    const service = await startService();
    const plain = await ask(service, 'POST', '/v3/templates', '{"name":"app"}', {
      'content-type': 'text/plain',
    });
    expect(plain.body.message).toContain('header Content-Type has unexpected value "text/plain"');
    const long = await ask(service, 'POST', '/v3/templates', { name: 'a'.repeat(17 * 1024 * 1024) });
    expect(long.status).toBe(413);
  });

  test('missing and wrong keys, and unknown routes', async () => {
    const service = await startService();
    const without = await fetch(`${service.url}/templates`);
    expect(without.status).toBe(401);
    expect(await without.json()).toEqual({ code: 401, message: 'authorization header is missing' });
    const wrong = await ask(service, 'GET', '/templates', undefined, { 'x-api-key': 'other' });
    expect(wrong.status).toBe(401);
    expect(wrong.body.message).toMatch(/^Invalid API key, please visit /);
    for (const [method, path] of [
      ['GET', '/'],
      ['GET', '/v4/templates'],
      ['PATCH', '/templates/tags'],
      ['GET', '/templates/a/b/c/d'],
    ] as const) {
      const unknown = await ask(service, method, path, undefined, { 'x-api-key': 'other' });
      expect(unknown.status).toBe(404);
      expect(unknown.body.message).toBe('validation error: no matching operation was found');
    }
  });

  test.each<[string, string, string]>([
    ['limit above 100', '?limit=101', 'parameter "limit" in query has an error: number must be at most 100'],
    [
      'negative offset',
      '?logsOffset=-1',
      'parameter "logsOffset" in query has an error: number must be at least 0',
    ],
    [
      'offset as word',
      '?logsOffset=x',
      'parameter "logsOffset" in query has an error: value x: an invalid integer',
    ],
    [
      'unknown level',
      '?level=loud',
      'value is not one of the allowed values ["debug","info","warn","error"]',
    ],
  ])('asking for a status with %s', async (_what, query, text) => {
    const service = await startService();
    const answer = await ask(service, 'GET', `${buildPath(await register(service, 'app'))}/status${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain('validation error: error in openapi3filter.RequestError: ');
    expect(answer.body.message).toContain(text);
  });

  test('builds that are not there: 400 for the status, 404 for the start', async () => {
    const service = await startService();
    const { templateID, buildID } = await register(service, 'app');
    const message = async (method: string, path: string, body?: unknown) => {
      const answer = await ask(service, method, path, body);
      return `${answer.status} ${answer.body.message}`;
    };
    const recipe = { fromImage: 'debian:12', steps: [] };
    for (const ending of ['status', 'logs']) {
      expect(await message('GET', `/templates/${templateID}/builds/${UUID}/${ending}`)).toBe(
        `400 Build '${UUID}' not found`,
      );
      expect(await message('GET', `/templates/${templateID}/builds/${NO_UUID}/${ending}`)).toBe(
        '400 Invalid build id',
      );
      expect(await message('GET', `/templates/other/builds/${buildID}/${ending}`)).toBe(
        `400 Build '${buildID}' not found`,
      );
    }
    expect(await message('POST', `/v2/templates/${templateID}/builds/${NO_UUID}`, recipe)).toBe(
      `400 Invalid build ID: ${NO_UUID}`,
    );
    expect(await message('POST', `/v2/templates/${templateID}/builds/${UUID}`, recipe)).toMatch(
      /^404 Error when getting template: /,
    );
    expect(await message('GET', `/templates/nowhere/files/${'a'.repeat(64)}`)).toBe(
      "404 Template 'nowhere' not found",
    );
  });

  test('a recipe that does not fit the schema, and one with no source or two', async () => {
    const service = await startService();
    const first = await register(service, 'app');
    const bad = await start(service, first, { steps: [{ args: ['x'] }] as never });
    expect(bad.status).toBe(400);
    expect(bad.body.message).toContain('Error at "/steps/0/type": property "type" is missing');
    expect(service.inspect.builds('app')[0]?.status).toBe('waiting');

    for (const sources of [
      { fromImage: 'a', fromTemplate: 'b' },
      { fromImage: '', fromTemplate: '' },
    ]) {
      const registration = await register(service, 'app');
      const answer = await start(service, registration, sources);
      expect(answer.status).toBe(500);
      expect(answer.body.message).toContain('failed to set template source: ');
      const reason = service.inspect.builds('app').at(-1)?.reason;
      expect(reason?.message).toMatch(/^error when building env: failed to set template source/);
    }
  });

  test('more builds than the team may have at the same time', async () => {
    const service = await startService({ limits: { concurrentBuilds: 1 } });
    await register(service, 'one');
    const refused = await ask(service, 'POST', '/v3/templates', { name: 'two' });
    expect(refused.status).toBe(429);
    expect(refused.body.message).toBe(TEXT_OF_429);
    expect(refused.headers.get('retry-after')).toBeNull();
    // A build that shares a tag takes the other one's place.
    expect((await register(service, 'one')).buildID).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('a name that is the ID of another template', async () => {
    const service = await startService();
    const { templateID } = await register(service, 'app');
    const answer = await ask(service, 'POST', '/v3/templates', { name: templateID });
    expect(answer.status).toBe(409);
    expect(answer.body.message).toBe(`Alias '${templateID}' is already used`);
  });

  test('no input makes the service itself fail', async () => {
    const service = await startService();
    const { templateID } = await register(service, 'app');
    const body = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record({ name: fc.string(), tags: fc.array(fc.string()), target: fc.string() })
        .map((o) => JSON.stringify(o)),
    );
    const part = fc.oneof(
      fc.string({ minLength: 1 }),
      fc.constant('app'),
      fc.constant('%'),
      fc.constant('..%2F'),
    );
    await fc.assert(
      fc.asyncProperty(body, part, async (text, word) => {
        const raw = word === '%' || word === '..%2F' ? word : encodeURIComponent(word);
        for (const [method, path] of [
          ['POST', '/v3/templates'],
          ['POST', '/templates/tags'],
          ['DELETE', '/templates/tags'],
          ['GET', `/templates/${raw}/tags`],
          ['GET', `/templates/aliases/${raw}`],
          ['GET', `/templates/${templateID}/files/${raw}`],
          ['GET', `/templates/${templateID}/builds/${raw}/status?logsOffset=${raw}`],
        ] as const) {
          const answer = await ask(service, method, path, method === 'GET' ? undefined : text);
          expect(answer.status, `${method} ${path} ${text}`).toBeLessThan(500);
        }
      }),
      { numRuns: 60 },
    );
  });
});
