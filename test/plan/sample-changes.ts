import type { Instruction } from '../../src/api/types.ts';
import type { Tree } from '../support/temporary-directory.ts';
import type { Sample } from './sample-recipe.ts';

export type Change = readonly [what: string, changed: Sample];

/** Every single thing of a sample changed in turn, each as it would be seen by the service. */
export function changesOf(sample: Sample): Change[] {
  return [...sizes(sample), ...bases(sample), ...commands(sample), ...stepChanges(sample), ...files(sample)];
}

function sizes(sample: Sample): Change[] {
  return [
    ['cpu', { ...sample, cpuCount: sample.cpuCount + 1 }],
    ['memory', { ...sample, memoryMb: sample.memoryMb + 1 }],
    ['cpu for memory', { ...sample, cpuCount: sample.memoryMb, memoryMb: sample.cpuCount }],
  ];
}

function bases(sample: Sample): Change[] {
  const { base } = sample;
  if (base.kind === 'unknown') return [];
  const known = base.kind === 'image' ? base.digest : base.buildId;
  const other = known.slice(0, -1) + (known.endsWith('0') ? '1' : '0');
  return [
    ['digest', { ...sample, base: { kind: 'image', digest: other } }],
    ['parent', { ...sample, base: { kind: 'template', buildId: other } }],
    [
      'kind of base',
      {
        ...sample,
        base: base.kind === 'image' ? { kind: 'template', buildId: known } : { kind: 'image', digest: known },
      },
    ],
  ];
}

function commands(sample: Sample): Change[] {
  const recipe: Record<string, unknown> = sample.recipe;
  const withRecipe = (changed: Record<string, unknown>) => ({
    ...sample,
    recipe: changed as Sample['recipe'],
  });
  const { startCmd, readyCmd, ...others } = recipe;
  return [
    ...['startCmd', 'readyCmd', 'preBootScript', 'future', '__proto__', '0'].flatMap((key): Change[] => {
      const own = Object.hasOwn(recipe, key);
      const without = Object.fromEntries(Object.entries(recipe).filter(([other]) => other !== key));
      const value = recipe[key];
      const changed = typeof value === 'string' ? `${value}x` : own ? [value, 'x'] : 'x';
      const put = Object.fromEntries([...Object.entries(without), [key, changed]]);
      return [
        [`${key} changed`, withRecipe(put)],
        ...(own ? [[`${key} gone`, withRecipe(without)] as const] : []),
      ];
    }),
    [
      'start for ready',
      withRecipe({
        ...others,
        ...(readyCmd !== undefined && { startCmd: readyCmd }),
        ...(startCmd !== undefined && { readyCmd: startCmd }),
      }),
    ],
  ];
}

function stepChanges(sample: Sample): Change[] {
  const { steps } = sample;
  const put = (index: number, removed: number, ...added: Instruction[]): Sample => ({
    ...sample,
    steps: steps.toSpliced(index, removed, ...added),
  });
  return steps.flatMap((step, index): Change[] => {
    const { type, args = [] } = step;
    const isCopy = sendsFiles(step);
    const next = steps[index + 1];
    const withArgs = (changed: string[]) => put(index, 1, { ...step, args: changed });
    const at = (what: string) => `step ${index + 1}, ${type}: ${what}`;
    return [
      [at('type'), put(index, 1, { ...step, type: type === 'COPY' ? 'ADD' : isCopy ? 'COPY' : 'X' })],
      [at('case of type'), put(index, 1, { ...step, type: type.toLowerCase() })],
      [at('new field'), put(index, 1, { ...step, timeout: 5 } as Instruction)],
      [at('removed'), put(index, 1)],
      [at('twice'), put(index, 0, step)],
      [at('another before'), put(index, 0, { type: 'RUN', args: ['true'], force: false })],
      ...(next ? [[at('after its next'), put(index, 2, next, step)] as const] : []),
      [at('an argument more'), withArgs([...args, ''])],
      ...(args.length > 1 ? [[at('an argument less'), withArgs(args.slice(0, -1))] as const] : []),
      ...args.flatMap((arg, which): Change[] =>
        // Another source of a COPY must still be there: the same files, named otherwise.
        [
          isCopy && which === 0 ? `./${arg}` : `${arg} `,
          ...(isCopy && which === 0 ? [] : ['', arg.toUpperCase()]),
        ].map((other) => [
          at(`argument ${which + 1} ${JSON.stringify(other)}`),
          withArgs(args.with(which, other)),
        ]),
      ),
      ...(isCopy || args.length < 2
        ? []
        : [[at('arguments joined'), withArgs([args.slice(0, 2).join(' '), ...args.slice(2)])] as const]),
    ];
  });
}

/** The files that every COPY of a sample sends are those below `app`; one of them always is `app/main.py`. */
function files(sample: Sample): Change[] {
  const sources = sample.steps.filter(sendsFiles).map(({ args }) => args?.[0]);
  if (sources.length === 0) return [];
  const change = (what: string, changes: Tree, ...gone: string[]): Change => [
    what,
    {
      ...sample,
      tree: Object.fromEntries(
        Object.entries({ ...sample.tree, ...changes }).filter(([path]) => !gone.includes(path)),
      ),
    },
  ];
  const main = sample.tree['app/main.py'];
  if (typeof main !== 'string') throw new Error('app/main.py is not a plain file');
  return [
    change('byte', { 'app/main.py': `${main} ` }),
    change('execute bit', { 'app/main.py': { run: main } }),
    ...(sources.some((source) => source !== 'app/main.py')
      ? [
          change('target of link', { 'app/link': { link: './main.py' } }),
          change('link to file', { 'app/link': main }),
          change('execute bit gone', { 'app/bin/run': '#!/bin/sh\n' }),
          change('new file', { 'app/new': '' }),
          change('new directory', { 'app/new': null }),
          change('other path', { 'app/bin/run2': { run: '#!/bin/sh\n' } }, 'app/bin/run'),
          change('file gone', {}, 'app/link'),
        ]
      : []),
  ];
}

function sendsFiles({ type }: Instruction): boolean {
  return type === 'COPY' || type === 'ADD';
}
