import { describe, expect, test } from 'vitest';
import { stepText } from '../../src/local/log-format.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import {
  commandTitle,
  environmentScript,
  envNames,
  parseAnnouncedStep,
  stepNumber,
  stepTitle,
} from '../../src/recipe/instruction.ts';
import { definitionOf, load } from '../support/definition-project.ts';

/** The plan that the SDK makes of a chain of calls. */
async function planOf(base: string, chain: string): Promise<Plan> {
  const loaded = await load({
    'template.ts': `import { Template, waitForURL } from 'novita-sandbox';\nexport const template = Template()${base}${chain};`,
    'app/main.py': 'print(1)\n',
  });
  expect(loaded.problems).toEqual([]);
  return makePlan(definitionOf(loaded), {
    ...{ name: 'app', tags: ['v1'], cpuCount: 2, memoryMb: 1024, skipCache: false },
  });
}

/** A call, the title of its step in a plan and, where it is another one, as the service's log announces it. */
const calls: readonly (readonly [string, string, string?])[] = [
  [".aptInstall('git')", 'RUN apt-get install -y git (as root)'],
  [".aptInstall(['git', 'curl'])", 'RUN apt-get install -y git curl (as root)'],
  [
    ".aptInstall('git', { noInstallRecommends: true, fixMissing: true })",
    'RUN apt-get install -y --no-install-recommends --fix-missing git (as root)',
  ],
  [".pipInstall(['numpy', 'pandas'])", 'RUN pip install numpy pandas (as root)'],
  ['.pipInstall()', 'RUN pip install . (as root)'],
  [".pipInstall('numpy', { g: false })", 'RUN pip install --user numpy'],
  [".npmInstall('left-pad')", 'RUN npm install left-pad'],
  ['.npmInstall()', 'RUN npm install'],
  [".npmInstall('tsx', { g: true })", 'RUN npm install -g tsx (as root)'],
  [".npmInstall('tsx', { dev: true })", 'RUN npm install --save-dev tsx'],
  [".bunInstall('elysia')", 'RUN bun install elysia'],
  [".bunInstall('tsx', { g: true })", 'RUN bun install -g tsx (as root)'],
  [
    ".gitClone('https://git.example/x.git', '/srv/x', { branch: 'main', depth: 1 })",
    'RUN git clone https://git.example/x.git --branch main --single-branch --depth 1 /srv/x',
  ],
  [".remove(['/a', '/b'], { recursive: true, force: true })", 'RUN rm -r -f /a /b'],
  [
    ".remove('/a', { user: 'app' })",
    'RUN rm /a (as app)',
    // Nothing tells the user and one more path apart.
    'RUN rm /a app',
  ],
  [".rename('/a', '/b', { force: true })", 'RUN mv /a /b -f'],
  [".makeDir(['/a', '/b'], { mode: 0o755 })", 'RUN mkdir -p -m 0755 /a /b'],
  [".makeSymlink('/a', '/b', { force: true })", 'RUN ln -s -f /a /b'],
  [".setEnvs({ PORT: '8000' })", 'ENV PORT'],
  [".setEnvs({ PORT: '8000', HOST: 'a b' })", 'ENV PORT, HOST', 'ENV PORT …'],
  [".setUser('app')", 'USER app'],
  [".setWorkdir('/srv')", 'WORKDIR /srv'],
  [".copy('app', '/srv/')", 'COPY app /srv/'],
  [".copy('app', '/srv/', { user: 'app', mode: 0o755 })", 'COPY app /srv/ (for app, mode 0755)'],
  [".copyItems([{ src: 'app', dest: '/x/', mode: 0o600 }])", 'COPY app /x/ (mode 0600)'],
  [".runCmd('make', { user: 'root' })", 'RUN make (as root)', 'RUN make root'],
  [".runCmd(['cd /srv', 'make all'])", 'RUN cd /srv && make all'],
];

describe('the title of what a helper of the SDK emits', () => {
  test('is what was asked of it, in a plan and as a log announces it', async () => {
    const { steps, wire } = await planOf(".fromTemplate('team/base')", calls.map(([call]) => call).join(''));
    const shown = calls.map(([call], index) => [call, steps[index]?.title]);
    expect(shown).toEqual(calls.map(([call, title]) => [call, title]));
    const headers = wire.steps.slice(0, calls.length).map(stepText);
    expect(headers.map((header) => parseAnnouncedStep(header).title)).toEqual(
      calls.map(([, title, announced = title]) => announced),
    );
  });

  test('is what was asked of the MCP gateway and of a dev container', async () => {
    const gateway = await planOf(".fromTemplate('mcp-gateway')", ".addMcpServer(['exa', 'browserbase'])");
    expect(gateway.steps[0]?.title).toBe('RUN mcp-gateway pull exa browserbase (as root)');
    const container = await planOf(
      ".fromTemplate('devcontainer')",
      ".betaDevContainerPrebuild('/srv/x').betaSetDevContainerStart('/srv/x')",
    );
    expect(container.steps[0]?.title).toBe('RUN devcontainer build --workspace-folder /srv/x (as root)');
    expect(commandTitle(container.wire.startCmd ?? '')).toBe('devcontainer up --workspace-folder /srv/x');
    for (const { wire, steps } of [gateway, container]) {
      expect(parseAnnouncedStep(stepText(wire.steps[0] ?? { type: '' })).title).toBe(steps[0]?.title);
    }
  });
});

describe('what an instruction holds', () => {
  test('the names that an ENV step sets, and none of another step', () => {
    expect(envNames({ type: 'env', args: ['PORT', '8000', 'HOST', 'PORT', 'LAST'] })).toEqual([
      ...['PORT', 'HOST', 'LAST'],
    ]);
    expect(envNames({ type: 'ENV' })).toEqual([]);
    expect(envNames({ type: 'ARG', args: ['PORT', '8000'] })).toEqual([]);
    expect(envNames({ type: 'RUN', args: ['PORT', '8000'] })).toEqual([]);
  });

  test('the script with which the SDK writes the environment, and no other in base64', async () => {
    const { wire } = await planOf(
      ".fromImage('python:3.12', undefined, { inheritConfig: false })",
      ".setEnvs({ PORT: '8000' })",
    );
    expect(wire.steps.map(environmentScript)).toEqual([
      undefined,
      expect.stringMatching(/^v="8000"\nexport PORT="\$v"$/m),
    ]);
    const own = `echo ${'QUJD'.repeat(20)} | base64 -d > /tmp/x`;
    expect(environmentScript({ type: 'RUN', args: [own] })).toBeUndefined();
  });

  test.each([
    ['1', 1],
    ['120', 120],
    ['base', undefined],
    ['0', undefined],
    ['01', undefined],
    ['1.5', undefined],
    ['1234567', undefined],
    [undefined, undefined],
  ])('the id %j of a step is the number %j', (id, number) => {
    expect(stepNumber(id)).toBe(number);
  });
});

describe('the title of a command', () => {
  test.each([
    ['apt-get update && apt-get install -y git', 'apt-get update && apt-get install -y git'],
    ['set -eux\nmake all\nmake install', 'make all …'],
    ['# why\n\nmake', 'make'],
    ['set -e; make', 'set -e; make'],
    ['set -e && make\ntrue', 'set -e && make …'],
    ['set -e', 'set -e'],
    ['#!/bin/sh\nset -e\n', '#!/bin/sh …'],
    ['\n  make', 'make'],
    ['make\r\nmake install', 'make …'],
    ['', ''],
  ])('%j is %j', (command, title) => {
    expect(commandTitle(command)).toBe(title);
    expect(stepTitle({ type: 'run', args: [command] })).toBe(`RUN ${title}`);
  });
});
