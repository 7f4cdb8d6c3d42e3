import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuildError, type LogEntry, Template, waitForPort } from 'novita-sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failures } from '../../src/local/failures.ts';
import type { LocalService } from '../../src/local/service.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { gate, serviceStarter } from '../support/service-client.ts';

const startService = serviceStarter();
let context: string;

beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'sdk-test-'));
  await mkdir(join(context, 'app'));
  await writeFile(join(context, 'requirements.txt'), 'requests\n');
  await writeFile(join(context, 'app', 'main.py'), 'print("hello")\n');
});
afterAll(() => rm(context, { recursive: true }));

const at = (service: LocalService) => ({ apiKey: service.apiKey, apiUrl: service.url });
const image = () =>
  Template({ fileContextPath: context }).fromImage('python:3.12', undefined, { inheritConfig: false });
const recipe = () =>
  image()
    .copy('requirements.txt', '/app/')
    .copy('app', '/app/')
    .setEnvs({ MODE: 'production' })
    .runCmd('pip install -r /app/requirements.txt')
    .setStartCmd('python /app/main.py', waitForPort(8000));

describe('the SDK as client', () => {
  test('Template.build builds a recipe with files, environment, start and ready command', async () => {
    const service = await startService();
    const log: LogEntry[] = [];
    const info = await Template.build(recipe(), 'web:v1', {
      ...at(service),
      tags: ['stable'],
      cpuCount: 4,
      memoryMB: 2048,
      onBuildLogs: (entry) => log.push(entry),
    });

    const [built] = service.inspect.builds('web');
    expect(built).toMatchObject({ id: info.buildId, status: 'ready', cpuCount: 4, memoryMb: 2048 });
    expect(info.templateId).toBe(built?.templateId);
    expect(info.tags.toSorted()).toEqual(['stable', 'v1']);
    expect(service.inspect.files()).toHaveLength(2);
    const text = log.map((entry) => entry.message).join('\n');
    for (const expected of [
      "Uploaded 'requirements.txt'",
      "Uploaded 'app'",
      '[base] FROM python:3.12 [',
      // Five steps: the SDK adds one that writes the environment to a file.
      '[builder 1/5] COPY requirements.txt /app/ ',
      '[builder 3/5] ENV MODE production [',
      '[builder 4/5] [stdout]: (simulated) pip install -r /app/requirements.txt',
      'Running start command: python /app/main.py',
      'Waiting for template to be ready: ss -tuln | grep :8000',
      'Build finished, took ',
    ]) {
      expect(text).toContain(expected);
    }
  });

  test('a second build of the same recipe uploads nothing and takes every layer from the cache', async () => {
    const service = await startService();
    const first = await Template.build(recipe(), 'web:v1', at(service));
    const log: string[] = [];
    const second = await Template.build(recipe(), 'web:v2', {
      ...at(service),
      onBuildLogs: (entry) => log.push(entry.message),
    });

    expect(second.templateId).toBe(first.templateId);
    expect(second.buildId).not.toBe(first.buildId);
    expect(log).toContain("Skipping upload of 'app', already cached");
    expect(log.filter((line) => line.startsWith('CACHED '))).toHaveLength(7);
    expect(service.requests.filter((request) => request.method === 'PUT')).toHaveLength(2);
  });

  test('a failing step is thrown with its reason', async () => {
    const message = failures.runFailed('make', 2);
    const script = [{ text: /^RUN make/, fail: { message } }];
    const service = await startService({ executor: createSimulatedExecutor({ script }) });
    const outcome = Template.build(image().runCmd('make'), 'web', at(service));
    await expect(outcome).rejects.toThrow(message);
    await expect(outcome).rejects.toBeInstanceOf(BuildError);
  });

  test('buildInBackground returns at once and getBuildStatus follows the build', async () => {
    const door = gate();
    const script = [{ type: 'RUN', until: door.passed }];
    const service = await startService({ executor: createSimulatedExecutor({ script }) });
    const info = await Template.buildInBackground(image().runCmd('make'), 'web', at(service));

    const running = await Template.getBuildStatus(info, at(service));
    expect(running).toMatchObject({ buildID: info.buildId, templateID: info.templateId, status: 'building' });
    door.open();
    await expect.poll(async () => (await Template.getBuildStatus(info, at(service))).status).toBe('ready');
    const all = await Template.getBuildStatus(info, at(service));
    const rest = await Template.getBuildStatus(info, { ...at(service), logsOffset: 1 });
    expect(rest.logEntries).toEqual(all.logEntries.slice(1));
  });

  test('exists, tags, get, list and delete agree with what was built', async () => {
    const service = await startService();
    expect(await Template.exists('web', at(service))).toBe(false);
    const info = await Template.build(image(), 'web:v1', at(service));
    expect(await Template.exists('web', at(service))).toBe(true);

    const assigned = await Template.assignTags('web:v1', ['production', 'default'], at(service));
    expect(assigned).toEqual({ buildId: info.buildId, tags: ['production', 'default'] });
    const tagNames = async () =>
      (await Template.getTags('web', at(service))).map((row) => row.tag).toSorted();
    expect(await tagNames()).toEqual(['default', 'production', 'v1']);
    await Template.removeTags('web', 'production', at(service));
    expect(await tagNames()).toEqual(['default', 'v1']);

    expect(await Template.get(info.templateId, at(service))).toMatchObject({
      templateId: info.templateId,
      buildId: info.buildId,
      buildStatus: 'ready',
      aliases: ['web'],
      names: ['local/web'],
    });
    await expect(Template.get('web', at(service))).rejects.toThrow('404');
  });

  test('Template.list pages through the templates', async () => {
    const service = await startService();
    for (const name of ['one', 'two', 'three']) await Template.build(image(), name, at(service));
    const pages = Template.list({ ...at(service), limit: 2 });
    const first = await pages.nextPage();
    expect(first).toMatchObject({ total: 3, page: 1, limit: 2, totalPages: 2 });
    expect(pages.hasNext).toBe(true);
    const second = await pages.nextPage();
    expect(pages.hasNext).toBe(false);
    const aliases = [...first.templates, ...second.templates].map((template) => template.aliases[0]);
    expect(aliases).toEqual(['one', 'two', 'three']);
  });

  test('a wrong key is an authentication error', async () => {
    const service = await startService();
    const wrong = { apiUrl: service.url, apiKey: 'sk_wrong' };
    await expect(Template.exists('web', wrong)).rejects.toThrow(
      /Unauthorized.*Invalid API key, please visit/,
    );
  });

  test('fromTemplate builds on a template of the service, with its start command', async () => {
    const service = await startService();
    await Template.build(image().setStartCmd('serve', 'true'), 'parent', at(service));
    const log: string[] = [];
    const onBuildLogs = (entry: LogEntry) => log.push(entry.message);
    await Template.build(Template().fromTemplate('parent'), 'child', { ...at(service), onBuildLogs });
    expect(log).toContain('Running start command: serve');
    expect(log.some((line) => line.startsWith('CACHED [base] FROM TEMPLATE parent ['))).toBe(true);

    const orphan = Template.build(Template().fromTemplate('parent:none'), 'orphan', at(service));
    await expect(orphan).rejects.toThrow("base template 'parent:none' not found");
  });
});
