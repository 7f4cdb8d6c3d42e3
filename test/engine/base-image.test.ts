/** What the base of a recipe may be, and what is said of one that cannot be. */
import { afterEach, describe, expect, test } from 'vitest';
import type { RecipeBody } from '../../src/api/types.ts';
import { failures } from '../../src/local/failures.ts';
import { BASE, engineStarter, run, skipWithoutEngine, someEngine } from './engine-fixtures.ts';
import { type ImageRegistry, startImageRegistry } from './image-registry.ts';

const startService = engineStarter();
const open: ImageRegistry[] = [];
const startRegistry: typeof startImageRegistry = async (options) => {
  const registry = await startImageRegistry(options);
  open.push(registry);
  return registry;
};

afterEach(async () => {
  const engine = await someEngine();
  for (const registry of open.splice(0)) {
    for (const name of [`${registry.host}/tiny:1`, `${registry.host}/tiny@${registry.digest}`])
      await engine.client.text('DELETE', `/images/${name}`).catch(() => undefined);
    await registry.close();
  }
  engine.client.close();
});

describe.skipIf(skipWithoutEngine())('the base image', () => {
  const reasonOf = async (recipe: Partial<RecipeBody>) => {
    const { make } = await startService();
    const { reason, log } = await make(recipe);
    expect(reason?.step, log.join('\n')).toBe('base');
    return reason?.message;
  };

  test('is pulled by its digest with the credentials of the recipe; one without a shell is no template', async () => {
    const { host, digest } = await startRegistry({ login: 'me:secret' });
    const fromImageRegistry = { type: 'registry', username: 'me', password: 'secret' } as const;
    const reason = await reasonOf({ fromImage: `${host}/tiny@${digest}`, fromImageRegistry });
    expect(reason).toBe(failures.provisioningFailed(127));
  });

  test('is refused with wrong credentials, and without any', async () => {
    const { host } = await startRegistry({ login: 'me:secret' });
    const fromImage = `${host}/tiny:1`;
    const fromImageRegistry = { type: 'registry', username: 'me', password: 'wrong' } as const;
    expect(await reasonOf({ fromImage, fromImageRegistry })).toBe(failures.accessDenied(fromImage));
    expect(await reasonOf({ fromImage })).toBe(failures.accessDenied(fromImage));
  });

  test('that the registry does not have is named', async () => {
    const { host } = await startRegistry();
    const fromImage = `${host}/tiny:2`;
    expect(await reasonOf({ fromImage })).toBe(failures.imageNotFound(fromImage));
  });

  test('of another processor is refused', async () => {
    const { host } = await startRegistry({ architecture: 'arm64' });
    expect(await reasonOf({ fromImage: `${host}/tiny:1` })).toMatch(/arm64|no matching manifest|platform/);
  });

  test('whose name is none is refused', async () => {
    expect(await reasonOf({ fromImage: 'Not An Image' })).toMatch(/^invalid image reference 'Not An Image'/);
  });

  test('of a registry out of reach is no fault of the recipe', async () => {
    expect(await reasonOf({ fromImage: '127.0.0.1:1/some:1' })).toMatch(
      /^failed to pull image '127\.0\.0\.1:1\/some:1': .*works at the service, not in a local build/,
    );
  });

  test('is the copy of this machine where the registry cannot be asked for a newer one', async () => {
    const { make } = await startService();
    const { log, status } = await make({ force: true, steps: [run('true')] });
    expect(status, log.join('\n')).toBe('ready');
    expect(log).toContainEqual(
      expect.stringMatching(`^The registry cannot be reached, so the copy of ${BASE}`),
    );
  });

  test('that lacks what the service installs is used without it, and a command that needs it fails here only', async () => {
    const { make } = await startService();
    const hide = await make([run('rm /usr/bin/git /usr/bin/socat', 'root')], 'parent');
    expect(hide.status).toBe('ready');
    const engine = await someEngine();
    const without = 'template-service.test/no-git:1';
    const { Id } = await engine.client.json<{ Id: string }>('POST', '/containers/create', {
      json: { Image: BASE, Entrypoint: ['rm', '/usr/bin/git'], Labels: { 'template-service.test': '1' } },
    });
    await engine.client.text('POST', `/containers/${Id}/start`);
    await engine.client.text('POST', `/containers/${Id}/wait`);
    await engine.client.text('POST', '/commit', {
      query: { container: Id, repo: 'template-service.test/no-git', tag: '1' },
      json: {},
    });
    await engine.client.text('DELETE', `/containers/${Id}`);
    try {
      const { warnings, reason } = await make({ fromImage: without, steps: [run('git clone https://x/y')] });
      expect(warnings).toContainEqual(expect.stringContaining('Here git could not be installed'));
      expect(reason?.message).toBe(
        `${failures.runFailed('git clone https://x/y', 127)} (works at the service, not in a local build: git is not in the image, and there was no network to install it)`,
      );
    } finally {
      await engine.client.text('DELETE', `/images/${without}`);
      engine.client.close();
    }
  });
});
