/**
 * The examples, simulated and on the engine: the same groups with the same titles and keys in the same order. Which layers
 * are kept is the executor's own.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template as E2bTemplate } from 'e2b';
import { Template } from 'novita-sandbox';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Instruction, RecipeBody } from '../../src/api/types.ts';
import { createSimulatedExecutor } from '../../src/local/simulated.ts';
import { build, wholeLog } from '../support/service-client.ts';
import { upload } from './archives.ts';
import {
  BASE,
  type EngineService,
  skipWithoutEngine,
  someEngine,
  startEngineService,
} from './engine-fixtures.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const PREPARED = `template-service.test/examples:${randomUUID()}`;

/** Programs that the examples call, in the place of packages from elsewhere. */
const stand = (port: number) => `#!/bin/sh\\nexec python3 -c "
import http.server as h
class A(h.BaseHTTPRequestHandler):
  def do_GET(s): s.send_response(200); s.end_headers()
h.HTTPServer((str(), ${port}), A).serve_forever()"\\n`;
const PREPARE = `
for name in apt-get pip npm; do printf '#!/bin/sh\\nexit 0\\n' > /usr/local/bin/$name; done
printf '${stand(8000)}' > /usr/local/bin/python
printf '${stand(3000)}' > /usr/local/bin/node
chmod 755 /usr/local/bin/*
`;

type Recipe = Omit<RecipeBody, 'steps'> & { steps: Instruction[] };
const ofNovita = async (template: unknown): Promise<Recipe> =>
  JSON.parse(await Template.toJSON(template as never, false));

const recipes: readonly [string, () => Promise<Recipe>][] = [
  ['python-agent', async () => ofNovita((await import(join(EXAMPLES, 'python-agent/template.ts'))).template)],
  ['build-script', async () => ofNovita((await import(join(EXAMPLES, 'build-script/template.ts'))).template)],
  [
    'node-service',
    async () => {
      const { default: template } = await import(join(EXAMPLES, 'node-service/sandbox/template.ts'));
      return JSON.parse(await E2bTemplate.toJSON(template(), false));
    },
  ],
  [
    'config-file',
    async () => {
      const dockerfile = readFileSync(join(EXAMPLES, 'config-file/e2b.Dockerfile'), 'utf8');
      const template = Template({ fileContextPath: join(EXAMPLES, 'config-file') }).fromDockerfile(
        dockerfile,
      );
      return ofNovita(template.setStartCmd('python -m http.server 8000 --directory /app', 'sleep 1'));
    },
  ],
];

describe.skipIf(skipWithoutEngine())('the groups of an example', () => {
  let services: { engine: EngineService; simulated: EngineService };

  beforeAll(async () => {
    if (skipWithoutEngine()) return;
    const { client } = await someEngine();
    const labels = { 'template-service.test': '1' };
    const json = { Image: BASE, Entrypoint: ['/bin/bash', '-c', PREPARE], Labels: labels };
    const { Id } = await client.json<{ Id: string }>('POST', '/containers/create', { json });
    await client.text('POST', `/containers/${Id}/start`);
    await client.text('POST', `/containers/${Id}/wait`);
    const [repo = '', tag = ''] = PREPARED.split(':');
    await client.text('POST', '/commit', { query: { container: Id, repo, tag }, json: {} });
    await client.text('DELETE', `/containers/${Id}`);
    client.close();
    const simulated = createSimulatedExecutor({ stepMs: 0 });
    services = {
      engine: await startEngineService(),
      simulated: await startEngineService({}, simulated),
    };
  });

  afterAll(async () => {
    if (skipWithoutEngine()) return;
    await Promise.all([services.engine.close(), services.simulated.close()]);
    const { client } = await someEngine();
    await client.text('DELETE', `/images/${PREPARED}`);
    client.close();
  });

  test.for(recipes)('%s', async ([name, read]) => {
    const recipe = await read();
    const groups = async (service: EngineService) => {
      const steps = await Promise.all(recipe.steps.map((step) => withFiles(service, step)));
      const body = { ...recipe, fromImage: PREPARED, steps };
      const built = await build(service, name, body);
      const log = await wholeLog(service, built);
      const text = log.map(({ message }) => message).join('\n');
      expect(built.final.status, text).toBe('ready');
      const told =
        /^(?:CACHED )?\[(?:base|builder \d+\/\d+|finalize|optimize)\] [\s\S]* \[[0-9a-f]{64}\]$|^Running start|^Waiting for|^Template is ready/;
      return log
        .filter(({ message }) => told.test(message))
        .map(({ step, level, message }) => [step, level, message.replace('CACHED ', '')]);
    };
    const simulated = await groups(services.simulated);
    expect(simulated.length).toBeGreaterThan(recipe.steps.length + 5);
    expect(await groups(services.engine)).toEqual(simulated);
  });
});

/** The step with an archive in which its source is. */
async function withFiles(service: EngineService, step: Instruction): Promise<Instruction> {
  const { type, args = [] } = step;
  if (type !== 'COPY') return { type, args };
  const source = args[0] ?? '';
  return upload(service, { [source.includes('.') ? source : `${source}/file`]: source }, ...args);
}
