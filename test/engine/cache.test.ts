/** Which layers of an earlier build are used again, and what is removed of them. */
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { BUILD_LABEL, LABEL, LAYER_REPOSITORY, labelFilter } from '../../src/local/engine/labels.ts';
import { type Built, engineStarter, run, skipWithoutEngine, someEngine } from './engine-fixtures.ts';

const starter = engineStarter();
const startService: typeof starter = (options) => starter({ keepAfterMs: 1000, ...options });
const cached = ({ log }: Built) => log.filter((line) => line.startsWith('CACHED [builder')).length;
const slow = (command: string) => run(`sleep 1.1; ${command}`);

describe.skipIf(skipWithoutEngine())('layers', () => {
  test('an unchanged recipe runs nothing, also in a new service', async () => {
    const cacheScope = randomUUID();
    const steps = [run('echo first'), run('echo second')];
    const first = await (await startService({ cacheScope })).make(steps);
    expect(cached(first)).toBe(0);
    const service = await startService({ cacheScope });
    const second = await service.make(steps);
    expect(cached(second)).toBe(2);
    expect(second.output(2)).toEqual([]);
    expect(await service.make({ steps, startCmd: 'true', readyCmd: 'true' }).then(cached)).toBe(2);
    expect(await (await startService()).make(steps).then(cached)).toBe(0);
  });

  test('a change after costly work keeps that work, with its user, folder and variables', async () => {
    const { make } = await startService();
    const before = [
      { type: 'USER', args: ['dev'] },
      { type: 'WORKDIR', args: ['/srv/app'] },
      { type: 'ENV', args: ['A', '1'] },
      slow('echo costly > file'),
    ];
    await make([...before, run('echo one')]);
    const changed = await make([...before, run('id -un; pwd; echo $A; cat /home/dev/file file 2>/dev/null')]);
    expect(cached(changed)).toBe(4);
    expect(changed.output(5)).toEqual(['dev', '/srv/app', '1', 'costly']);
  });

  test('what follows costly work may fail without costing it again', async () => {
    const { make } = await startService();
    const failed = await make([slow('true'), run('exit 1')]);
    expect(failed.reason?.step).toBe('2');
    expect(await make([slow('true'), run('exit 0')]).then(cached)).toBe(1);
  });

  test('a changed step, a forced one and a forced recipe run again, with all that follows', async () => {
    const { make } = await startService();
    const one = slow('date +%N > a');
    await make([one, run('cat a')]);
    expect(await make([slow('date +%N > b'), run('cat b')]).then(cached)).toBe(0);
    expect(await make([one, { ...run('cat a'), force: true }]).then(cached)).toBe(1);
    expect(await make([{ ...one, force: true }, run('cat a')]).then(cached)).toBe(0);
    expect(await make({ steps: [one, run('cat a')], force: true }).then(cached)).toBe(0);
  });

  test('a child begins with the result of its parent, as the service leaves it', async () => {
    const { make } = await startService();
    await make(
      [
        { type: 'WORKDIR', args: ['/srv'] },
        { type: 'ENV', args: ['A', 'parent'] },
        run('mkdir /home/user/x; echo hi > /home/user/x/f', 'root'),
      ],
      'parent',
    );
    const steps = [run('pwd; echo $A; cat ~/x/f; stat -c %U ~/x/f; stat -c %a /usr/local/bin /code')];
    const child = await make({ fromTemplate: 'parent', steps }, 'child');
    expect(child.output(1)).toEqual(['/srv', 'parent', 'hi', 'user', '777', '777']);
    expect(await make({ fromTemplate: 'parent', steps }, 'child').then(cached)).toBe(1);
    await make([run('echo another')], 'parent');
    expect(await make({ fromTemplate: 'parent', steps }, 'child').then(cached)).toBe(0);
  });

  test('old layers and too many are removed, oldest first, and nothing else', async () => {
    const engine = await someEngine();
    const layers = async () => {
      const query = { filters: labelFilter('layer') };
      const found = await engine.client.json<{ RepoTags: string[] | null }[]>('GET', '/images/json', {
        query,
      });
      return new Set(found.flatMap(({ RepoTags }) => RepoTags ?? []));
    };
    const others = await layers();
    const first = await startService({ layerBytes: 30e6 });
    await first.make([run('head -c 25000000 /dev/urandom > one')]);
    const added = async (known: readonly string[]) =>
      [...(await layers())].find((name) => !others.has(name) && !known.includes(name)) ?? '';
    const one = await added([]);
    await first.make([run('head -c 25000000 /dev/urandom > two')]);
    const two = await added([one]);
    expect(one).toContain(`${LAYER_REPOSITORY}:`);
    await first.close();
    const left = await layers();
    expect([left.has(one), left.has(two)]).toEqual([false, true]);
    engine.client.close();
  });

  test('layers that are not to be kept are removed with their service, and no others', async () => {
    const engine = await someEngine();
    const layersOf = async ({ buildId }: Built) => {
      const query = { filters: JSON.stringify({ label: [`${LABEL}=layer`, `${BUILD_LABEL}=${buildId}`] }) };
      return (await engine.client.json<unknown[]>('GET', '/images/json', { query })).length;
    };
    const other = await startService();
    const kept = await other.make([run('echo kept')]);
    const before = await layersOf(kept);
    expect(before).toBeGreaterThan(0);
    const service = await startService({ keepLayers: false });
    const built = await service.make([slow('echo one > one'), slow('echo two > two')]);
    expect(await layersOf(built)).toBeGreaterThan(1);
    await service.close();
    expect(await layersOf(built)).toBe(0);
    expect(await layersOf(kept)).toBe(before);
    engine.client.close();
  });
});
