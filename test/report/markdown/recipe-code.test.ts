import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { createJiti } from 'jiti';
import { Template } from 'novita-sandbox';
import { afterAll, describe, expect, test } from 'vitest';
import type { RecipeBody } from '../../../src/api/types.ts';
import { makePlan } from '../../../src/plan/make-plan.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { reproRecipe } from '../../../src/report/markdown/minimal-recipe.ts';
import { recipeCode } from '../../../src/report/markdown/recipe-code.ts';
import { definitionOf, load } from '../../support/definition-project.ts';
import { hostileText } from '../../support/hostile-text.ts';
import { samplePlan } from '../../support/sample-build.ts';

const directory = mkdtempSync(join(tmpdir(), 'recipe-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const sdk = fileURLToPath(import.meta.resolve('novita-sandbox'));
const jiti = createJiti(directory, {
  alias: { 'novita-sandbox': sdk },
  nativeModules: [sdk],
  moduleCache: false,
});

let evaluated = 0;

/** Evaluates a snippet as a definition would be, and gives the wire form that the real SDK makes of it. */
async function evaluate(code: string): Promise<RecipeBody> {
  evaluated += 1;
  const file = join(directory, `${evaluated}.ts`);
  writeFileSync(file, code);
  const { template } = await jiti.import<{ template: Parameters<typeof Template.toJSON>[0] }>(file);
  const wire: RecipeBody = JSON.parse(await Template.toJSON(template, false));
  // The SDK leaks what is no part of the wire form into its JSON.
  return {
    ...wire,
    steps: wire.steps.map((step) => ({ ...step, forceUpload: undefined, resolveSymlinks: undefined })),
  };
}

/** The plan of a definition that stands in a repository with some files. */
async function planOf(chain: string, head = ''): Promise<Plan> {
  const definition = definitionOf(
    await load({
      'template.ts': `import { Template } from 'novita-sandbox';\n${head}\nexport const template = ${chain};`,
      'app/main.py': 'print(1)\n',
      'data/x.csv': '1\n',
    }),
  );
  return makePlan(definition, { name: 'x', tags: [], cpuCount: 2, memoryMb: 1024, skipCache: false });
}

function code(plan: Plan, stepId: string, message = "failed to run command 'x': exit status 1"): string {
  const recipe = reproRecipe(plan, { stepId, message });
  if (!recipe) throw new Error('There is no recipe.');
  return recipeCode(plan, recipe);
}

const withoutHashes = (steps: RecipeBody['steps']) => steps.map(({ filesHash: _, ...step }) => step);
const image = "fromImage('python:3.12', undefined, { inheritConfig: false })";
const whole = `Template({ fileIgnorePatterns: ['*.log', "it's"] })
  .${image}
  .setPatchCmd('echo "patch"')
  .setEnvs({ PORT: '8000', QUOTE: "it's \\\\ \\\`x\\\` \${y}", API_TOKEN: 's3cret-value', '__proto__x': 'z' })
  .setWorkdir('/srv')
  .copy(['app', 'data'], '/srv/', { user: 'user', mode: 0o755 })
  .copy('app', '/again', { forceUpload: true, resolveSymlinks: false })
  .aptInstall(['curl', 'jq'])
  .setUser('user')
  .skipCache()
  .runCmd('set -e\\nif true; then\\n\\techo "a"\\nfi')
  .runCmd(['echo 1', 'echo 2'], { user: 'root' })
  .setEnvs({ LATE: '1' })
  .setStartCmd('python main.py', 'curl -f localhost')`;

describe('the smallest recipe', () => {
  // Loaded once, in the first test that needs it: each definition takes a process.
  let loaded: Promise<Plan> | undefined;
  const wholePlan = () => {
    loaded ??= planOf(whole);
    return loaded;
  };

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'of a failure in step %i makes the same steps up to there, and nothing after',
    async (number) => {
      const plan = await wholePlan();
      process.env['API_TOKEN'] = 's3cret-value';
      const text = code(plan, String(number));
      const wire = await evaluate(text);
      delete process.env['API_TOKEN'];
      expect(text).not.toContain('s3cret');
      // The SDK adds its own environment step again, after the one that fails.
      expect(wire.steps.slice(0, number)).toEqual(withoutHashes(plan.wire.steps).slice(0, number));
      expect(wire.steps.slice(number).every((step) => step.args?.[0]?.includes('base64'))).toBe(true);
      expect(wire).toMatchObject({ fromImage: 'python:3.12', preBootScript: 'echo "patch"', force: false });
      expect(wire).not.toHaveProperty('startCmd');
    },
  );

  test.each(['finalize', '11'])('of a failure in %s is the whole definition', async (stepId) => {
    const plan = await wholePlan();
    process.env['API_TOKEN'] = 's3cret-value';
    const wire = await evaluate(code(plan, stepId));
    delete process.env['API_TOKEN'];
    expect(wire.steps).toEqual(withoutHashes(plan.wire.steps));
    if (stepId === 'finalize') {
      expect(wire).toMatchObject({ startCmd: 'python main.py', readyCmd: 'curl -f localhost' });
    } else expect(wire).not.toHaveProperty('startCmd');
  });

  test('of a failed base image has no step', async () => {
    const wire = await evaluate(code(await wholePlan(), 'base', 'image not found'));
    expect(wire).toMatchObject({ fromImage: 'python:3.12', preBootScript: 'echo "patch"', steps: [] });
  });

  test('of a step that is refused for itself has that step alone', async () => {
    const plan = await wholePlan();
    const wire = await evaluate(code(plan, '3', 'COPY requires files hash to be set'));
    expect(wire.steps).toEqual(withoutHashes(plan.wire.steps).slice(2, 3));
  });

  test('names the files that were left out of COPY, where there is a COPY', async () => {
    const plan = await wholePlan();
    expect(code(plan, '3')).toContain(`Template({ fileIgnorePatterns: ['*.log', 'it\\'s'] })`);
    expect(code(plan, '2')).toContain('Template()');
  });

  test.each([
    ["Template().fromTemplate('team/base:v1').runCmd('x')", "fromTemplate('team/base:v1')"],
    ["Template().skipCache().fromTemplate('base').runCmd('x')", 'skipCache()'],
    [`Template().${image}.setReadyCmd('true')`, "setReadyCmd('true')"],
    [
      "Template().fromImage('r.example/x', { username: 'robot', password: 'hunter2' }, { inheritConfig: false }).runCmd('x')",
      "password: process.env.REGISTRY_PASSWORD ?? ''",
    ],
    [
      "Template().fromAWSRegistry('r.example/x', { accessKeyId: 'hunter2', secretAccessKey: 'hunter2', region: 'eu-1' }).runCmd('x')",
      "region: 'eu-1'",
    ],
    [
      "Template().fromGCPRegistry('r.example/x', { serviceAccountJSON: { private_key: 'hunter2' } }).runCmd('x')",
      'GCP_SERVICE_ACCOUNT_JSON',
    ],
    [
      "Template().fromOCIRegistry('r.example/x', { tenancyOcid: 'hunter2', userOcid: 'hunter2', fingerprint: 'hunter2', privateKey: 'hunter2', region: 'eu-1' }).runCmd('x')",
      'OCI_PRIVATE_KEY',
    ],
    [
      "Template().fromHuaweiCloudRegistry('r.example/x', { accessKeyId: 'hunter2', secretAccessKey: 'hunter2', region: 'eu-1' }).runCmd('x')",
      'HUAWEI_SECRET_ACCESS_KEY',
    ],
  ])('%s keeps its base, without credentials', async (chain, part) => {
    const based = await planOf(chain);
    const text = code(based, 'finalize');
    expect(text).toContain(part);
    expect(text).not.toMatch(/hunter2|robot/);
    const { fromImageRegistry: registry, ...wire } = await evaluate(text);
    const { fromImageRegistry: original, ...planned } = based.wire;
    expect(wire).toEqual(planned);
    expect(Object.keys(registry ?? {})).toEqual(Object.keys(original ?? {}));
    expect(registry?.type).toBe(original?.type);
  });

  test.each(['build timed out', 'build was cancelled'])('there is none for %j', (message) => {
    expect(reproRecipe(samplePlan(), { message })).toBeUndefined();
  });

  test('of a build that ran out of time ends with the step that was running', () => {
    const diagnosis = { class: 'build-timeout', what: '', advice: '', retry: 'never', stepId: '2' } as const;
    expect(reproRecipe(samplePlan(), { message: 'build timed out' }, diagnosis)?.steps).toHaveLength(2);
  });

  test('lets the SDK read the image again where its environment takes part', () => {
    const sample = samplePlan();
    const script = Buffer.from('v="a"\nexport FROM_IMAGE="$v"\n').toString('base64');
    const file = '/tmp/.novita-image-env.sh';
    const hidden = { type: 'RUN', args: [`echo ${script} | base64 -d > ${file} && sh ${file}`, 'root'] };
    const steps = sample.wire.steps.with(3, hidden);
    const inherited = { ...sample, wire: { ...sample.wire, steps } };
    expect(code(inherited, 'finalize')).toContain(".fromImage('python:3.12')\n");
    expect(code(inherited, '3')).toContain(".fromImage('python:3.12', undefined, { inheritConfig: false })");
  });
});

test('any text survives as a string of the snippet, printed in plain characters', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(hostileText(), { minLength: 1, maxLength: 4 }), async (texts) => {
      const steps = texts.flatMap((text): RecipeBody['steps'] => [
        { type: 'RUN', args: [text] },
        { type: 'ENV', args: [text, text] },
        { type: 'COPY', args: [`a${text.toWellFormed().replaceAll(/[./\\]/g, '')}`, text, text, ''] },
      ]);
      const plan = samplePlan();
      const text = recipeCode(
        { ...plan, wire: { ...plan.wire, fromImage: texts.join('') } },
        { steps: steps.map((wire) => ({ wire })), inheritsImage: false, startCmd: `x${texts.join('')}` },
      );
      expect(text).not.toMatch(/[^\P{C}\n]|[\p{Zl}\p{Zp}]|<!--/u);
      const wire = await evaluate(text);
      const sent = wire.steps.filter((step) => !step.args?.[0]?.includes('base64'));
      expect(sent.map(({ type, args }) => ({ type, args }))).toEqual(
        steps.map(({ type, args }) => ({ type, args })),
      );
      expect(wire.fromImage).toBe(texts.join(''));
      expect(wire.startCmd).toBe(`x${texts.join('')}`);
    }),
    { numRuns: 60 },
  );
});

test('a very long command is a string of several lines, none of them long', async () => {
  const command = `${'é\\'.repeat(3000)}\n${'b'.repeat(9000)}`;
  const text = recipeCode(samplePlan(), {
    steps: [{ wire: { type: 'RUN', args: [command] } }],
    inheritsImage: false,
  });
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(2000);
  expect((await evaluate(text)).steps[0]?.args?.[0]).toBe(command);
});

test('a step that the builder cannot make is named in a comment', async () => {
  const steps = [{ wire: { type: 'ADD', args: ['a\nb', '*/'] } }, { wire: { type: 'RUN', args: ['x'] } }];
  const text = recipeCode(samplePlan(), { steps, inheritsImage: false });
  expect(text).toContain("// A step that the builder of the SDK cannot make: 'ADD a\\n' + 'b */'");
  expect((await evaluate(text)).steps).toMatchObject([{ type: 'RUN', args: ['x'] }]);
});
