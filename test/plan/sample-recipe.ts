import { join } from 'node:path';
import fc from 'fast-check';
import type { Instruction, RecipeBody } from '../../src/api/types.ts';
import type { ResolvedBase } from '../../src/plan/base.ts';
import { makePlan, type PlanRequest } from '../../src/plan/make-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planted, type Tree } from '../support/temporary-directory.ts';

/** All that decides what a build makes, the files of its COPY steps included. */
export interface Sample {
  readonly tree: Tree;
  readonly recipe: Omit<RecipeBody, 'steps'>;
  readonly steps: readonly Instruction[];
  readonly base: ResolvedBase;
  readonly cpuCount: number;
  readonly memoryMb: number;
}

/** The plan of a sample, made from real files; `directory` holds them already where it is given. */
export async function planOf(
  { tree, recipe, steps, base, cpuCount, memoryMb }: Sample,
  directory?: string,
  request: Partial<PlanRequest> = {},
): Promise<Plan> {
  const contextDirectory = directory ?? (await planted(tree));
  const file = join(contextDirectory, 'template.ts');
  return makePlan(
    {
      ...{
        file,
        kind: 'module',
        exportName: 'template',
        settings: {},
        notices: [],
        sdk: { from: 'action', version: '2.1.1' },
        recipe,
        contextDirectory,
      },
      steps: steps.map((wire, index) => ({ wire, source: { file, line: index + 3 } })),
      sources: { base: { file, line: 2 } },
      ignorePatterns: [],
      warnings: [],
    },
    { ...{ name: 'agent', tags: ['v1'], skipCache: false, cpuCount, memoryMb }, ...request },
    async () => base,
  );
}

/** 64 hex digits; fails where there is no fingerprint. */
export function hashOf({ fingerprint }: Plan): string {
  if ('unknown' in fingerprint) throw new Error(fingerprint.unknown);
  return fingerprint.hash;
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '$A',
    'a"b',
    'a\\',
    "it's",
    'a\nb',
    '__proto__',
    '\ud800',
    'é',
    'e\u0301',
    '{}',
    'ENV',
  ),
);
const variableName = fc.oneof(
  fc.constantFrom('A', 'B', 'a', '_', 'PATH', '__proto__', '1', 'constructor'),
  fc.stringMatching(/^[A-Z_]{1,4}$/),
);
const digests = fc.stringMatching(/^sha256:[0-9a-f]{64}$/);

export const steps: fc.Arbitrary<Instruction> = fc.oneof(
  fc.array(text, { minLength: 1, maxLength: 2 }).map((args) => ({ type: 'RUN', args, force: false })),
  fc
    .array(fc.tuple(variableName, text), { minLength: 1, maxLength: 4 })
    .map((pairs) => ({ type: 'ENV', args: pairs.flat(), force: false })),
  fc.tuple(fc.constantFrom('WORKDIR', 'USER'), text).map(([type, arg]) => ({ type, args: [arg] })),
  fc
    .tuple(fc.constantFrom('app', 'app/main.py', 'app/*'), text, text, fc.constantFrom('', '0755'))
    .chain((args) => fc.constantFrom('COPY', 'ADD').map((type) => ({ type, args, force: false }))),
);

const trees: fc.Arbitrary<Tree> = fc
  .dictionary(
    fc.stringMatching(/^[a-zäЖ '-]{1,8}$/u).map((leaf) => `app/f${leaf}`),
    fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.string({ maxLength: 20 }).map((run) => ({ run })),
      fc.constant(null),
    ),
    { maxKeys: 4 },
  )
  .map((more) => ({
    'app/main.py': 'print(1)\n',
    'app/bin/run': { run: '#!/bin/sh\n' },
    'app/link': { link: 'main.py' },
    ...more,
  }));

const bases: fc.Arbitrary<Pick<Sample, 'base' | 'recipe'>> = fc.oneof(
  digests.map((digest) => ({
    base: { kind: 'image', digest } as const,
    recipe: { fromImage: 'python:3.12' },
  })),
  fc
    .uuid()
    .map((buildId) => ({ base: { kind: 'template', buildId } as const, recipe: { fromTemplate: 'parent' } })),
);

const commands = fc.record(
  { startCmd: text, readyCmd: text, preBootScript: text, future: fc.jsonValue({ maxDepth: 2 }) },
  { requiredKeys: [] },
);

/** Samples that all have a fingerprint. */
export const samples: fc.Arbitrary<Sample> = fc
  .tuple(trees, fc.array(steps, { minLength: 1, maxLength: 6 }), bases, commands, fc.nat(30), fc.nat(64))
  .map(([tree, steps, { base, recipe }, more, cpu, memory]) => ({
    ...{ tree, steps, base, recipe: { ...recipe, ...more } },
    ...{ cpuCount: cpu + 1, memoryMb: 128 + memory },
  }));
