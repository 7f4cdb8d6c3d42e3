import { describe, expect, test } from 'vitest';
import { definitionOf, load, place, steps } from '../support/definition-project.ts';

/** A registry inside the definition: what `fetch` answers to the path of each request. */
function registry(answers: Record<string, unknown>): string {
  return `const answers: Record<string, unknown> = ${JSON.stringify(answers)};
globalThis.fetch = async (url: any) => {
  const answer = answers[new URL(String(url)).pathname];
  return new Response(JSON.stringify(answer ?? {}), { status: answer ? 200 : 404 });
};\n`;
}

const image = {
  '/v2/app/manifests/1': { config: { digest: 'sha256:c' } },
  '/v2/app/blobs/sha256:c': {
    config: { Env: ['PATH=/opt/bin', 'LANG=C'], WorkingDir: '/srv', Entrypoint: ['serve'], Cmd: ['--fast'] },
  },
};
const first = `import { Template } from 'e2b';\n`;
const chain = `export const template = Template()\n  .fromImage('registry.test/app:1')\n  .runCmd('a');`;

describe('what a template has from its base image', () => {
  test('is marked as a step without a line', async () => {
    const loaded = await load({ 'template.ts': first + registry(image) + chain });
    expect(steps(loaded)).toEqual([
      expect.stringMatching(/^RUN a </),
      'WORKDIR (workdir)',
      'RUN (environment)',
    ]);
    expect(definitionOf(loaded)).toMatchObject({
      recipe: { startCmd: 'serve --fast', readyCmd: 'sleep 20' },
      warnings: [],
    });
    expect(Object.keys(definitionOf(loaded).sources)).toEqual(['base']);
  });

  test('reaches the steps of a Dockerfile as PATH, which a login shell resets, where it has unusual folders', async () => {
    const dockerfile = (path: string) =>
      load({
        'template.ts': `${first}${registry({
          ...image,
          '/v2/app/blobs/sha256:c': { config: { Env: [`PATH=${path}`, 'LANG=C'] } },
        })}export const template = Template().fromDockerfile('Dockerfile').runCmd('after');`,
        Dockerfile: 'FROM registry.test/app:1\nARG A=1\nRUN a\nENV PATH=/x:$PATH\nRUN ["b"]\nENV B=1\n',
      });
    const wire = (loaded: Awaited<ReturnType<typeof dockerfile>>) =>
      definitionOf(loaded)
        .steps.slice(2, -1)
        .map(({ wire }) => `${wire.type} ${wire.args?.join(' ')}`);
    const go = await dockerfile('/usr/local/go/bin:/usr/bin');
    expect(wire(go)).toEqual([
      'RUN export A=1 PATH=/usr/local/go/bin:/usr/bin; a',
      'ENV PATH /x:/usr/local/go/bin:/usr/bin',
      'RUN export A=1 PATH=/x:/usr/local/go/bin:/usr/bin; b',
      'ENV B 1',
      'USER user',
      'WORKDIR /home/user',
      'RUN after',
    ]);
    const script = Buffer.from(
      /echo (\S+) \|/.exec(definitionOf(go).steps.at(-1)?.wire.args?.[0] ?? '')?.[1] ?? '',
      'base64',
    ).toString();
    expect(script).toContain('v="/x:/usr/local/go/bin:/usr/bin"');
    expect(script).toContain('v="C"');
    expect(wire(await dockerfile('/usr/local/bin:/usr/bin')).slice(0, 3)).toEqual([
      'RUN export A=1; a',
      'ENV PATH /x:$PATH',
      'RUN export A=1 PATH=/x:$PATH; b',
    ]);
  });

  test("is missing with a warning at the image's line when the registry does not answer", async () => {
    const text = `export const template = Template()\n  .fromImage('127.0.0.1:9/app:1')\n  .runCmd('a');`;
    const loaded = await load({ 'template.ts': first + text });
    const [warning, ...others] = definitionOf(loaded).warnings;
    expect(others).toEqual([]);
    expect(place(loaded, warning?.at)).toBe('template.ts:3');
    expect(warning?.message).toMatch(/127\.0\.0\.1:9\/app:1 could not be read/);
    expect(warning?.message).toMatch(
      /without the image's own environment variables.*working directory and start command/,
    );
    expect(warning?.message).toContain("fromImage('127.0.0.1:9/app:1', undefined, { inheritConfig: false })");
  });

  test('an image that cannot be used is said to be so', async () => {
    const loaded = await load({ 'template.ts': first + registry({}) + chain });
    expect(definitionOf(loaded).warnings).toMatchObject([
      {
        title: 'The base image cannot be used',
        message: expect.stringMatching(/no 'registry\.test\/app:1'.*would fail/),
      },
    ]);
  });

  test('is not asked for with inheritConfig: false', async () => {
    const text = `globalThis.fetch = () => { throw new Error('asked'); };
export const template = Template().fromImage('registry.test/app:1', undefined, { inheritConfig: false });`;
    const loaded = await load({ 'template.ts': first + text });
    expect(definitionOf(loaded)).toMatchObject({
      recipe: { fromImage: 'registry.test/app:1' },
      steps: [],
      warnings: [],
    });
  });

  test('a registry that hangs until the time is over is named as the reason', async () => {
    const text = `globalThis.fetch = () => new Promise((done) => setTimeout(done, 600_000));\n${chain}`;
    const loaded = await load({ 'template.ts': first + text }, { timeLimitMs: 500 });
    expect(loaded.problems).toHaveLength(1);
    expect(place(loaded, loaded.problems[0]?.at)).toBe('template.ts:4');
    expect(loaded.problems[0]?.message).toMatch(
      /still reading the configuration of .*registry\.test\/app:1.*inheritConfig: false/,
    );
  });

  test('a hanging registry under a Dockerfile gets no advice that cannot be followed', async () => {
    const text = `globalThis.fetch = () => new Promise((done) => setTimeout(done, 600_000));
export const template = Template().fromDockerfile('Dockerfile');`;
    const loaded = await load(
      { 'template.ts': first + text, Dockerfile: 'FROM registry.test/app:1\n' },
      { timeLimitMs: 500 },
    );
    expect(place(loaded, loaded.problems[0]?.at)).toBe('Dockerfile:1');
    expect(loaded.problems[0]?.message).not.toContain('inheritConfig');
  });
});
