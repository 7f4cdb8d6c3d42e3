import { expect, test } from 'vitest';
import { failure, fastClient } from '../support/fast-client.ts';
import { answer, serve } from '../support/http-server.ts';
import { build, serviceStarter } from '../support/service-client.ts';

const start = serviceStarter();

test('tags are moved all at once, and taken away without the build', async () => {
  const service = await start({ apiKey: 'test-key-0123456789' });
  const { buildID } = await build(service, 'my-agent', {}, ['sha-1', 'pr-7']);
  const client = fastClient(service.url);

  expect(await client.assignTags(`my-agent:${buildID}`, ['v1', 'latest'])).toEqual({
    tags: ['v1', 'latest'],
    buildID,
  });
  await client.removeTags('my-agent', ['pr-7', 'never-there']);
  expect((await client.tags('my-agent')).map(({ tag }) => tag).sort()).toEqual(['latest', 'sha-1', 'v1']);
  expect(service.inspect.resolve('my-agent', buildID)).toBe(buildID);
});

test.each(['assignTags', 'removeTags'] as const)('%s is sent again when its answer is lost', async (call) => {
  const worked =
    call === 'assignTags' ? { status: 201, body: { tags: ['v1'], buildID: 'b' } } : { status: 204 };
  await using server = await serve((_, response, earlier) => {
    if (earlier === 0) response.destroy();
    else answer(response, worked.status, 'body' in worked ? worked.body : undefined);
  });
  await fastClient(server.url)[call]('my-agent', ['v1']);
  expect(server.requests).toHaveLength(2);
});

test('a refusal has the words of the service', async () => {
  const service = await start({ apiKey: 'test-key-0123456789' });
  await build(service, 'my-agent', {}, ['default']);
  const error = await failure(fastClient(service.url).removeTags('my-agent', ['default']));
  expect(error).toMatchObject({ status: 400, request: 'DELETE tags' });
  expect(error.message).toContain("saying: Cannot delete the 'default' tag");
});
